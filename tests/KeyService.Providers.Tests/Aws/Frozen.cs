namespace KeyService.Providers.Tests.Aws;

/// <summary>A backend that does not answer until this is disposed of.</summary>
internal sealed class Frozen(Action thaw) : IDisposable
{
    public void Dispose() => thaw();
}
