namespace KeyService.Core.Providers;

/// <summary>A provider that signs over a bounded number of sessions.</summary>
public interface ISessionPool
{
    /// <summary>As it is at this moment; cheap enough to be asked every second.</summary>
    SessionPoolUse Use { get; }
}
