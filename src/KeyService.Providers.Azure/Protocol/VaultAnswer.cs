namespace KeyService.Providers.Azure.Protocol;

/// <summary>A good answer, and what the vault tells of itself in the headers of each; null where it does not.</summary>
internal readonly record struct VaultAnswer(ReadOnlyMemory<byte> Body, DateTimeOffset? Date, string? Region, string? ServiceVersion);
