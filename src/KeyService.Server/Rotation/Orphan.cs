using KeyService.Core.Providers;

namespace KeyService.Server.Rotation;

/// <summary>A key in a provider, made by this service, that no key set knows of.</summary>
/// <param name="Since">When this process saw it first.</param>
internal sealed record Orphan(string Provider, string Label, KeyHandle Handle, DateTimeOffset Since);
