namespace KeyService.Core.Providers;

/// <summary>A provider that may get into a state which only a new process cures, such as a native module that hangs.</summary>
public interface IProcessBound
{
    /// <summary>True once nothing within this process can cure the provider. Belongs into liveness, where <see cref="IKeyProvider.CheckAsync"/> belongs into readiness.</summary>
    bool NeedsNewProcess { get; }
}
