using KeyService.Core.Signing;

namespace KeyService.Server;

/// <summary>Every line that the server logs. Names, kids and durations only: never a payload, a digest, a signature or a secret.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Creating key {Label} for {Algorithm} in provider {Provider}")]
    public static partial void Creating(ILogger logger, string label, SigningAlgorithm algorithm, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "Created key {Kid} of set {KeySet} for {Algorithm} in provider {Provider}; its probe signature verifies")]
    public static partial void Created(ILogger logger, string kid, string keySet, SigningAlgorithm algorithm, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "Key {Kid} of set {KeySet} is published and signs from {Activates:O}")]
    public static partial void KeyPlanned(ILogger logger, string kid, string keySet, DateTimeOffset activates);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Key {Label} for {Algorithm} could not be made in provider {Provider}")]
    public static partial void KeyNotMade(ILogger logger, Exception failure, string label, SigningAlgorithm algorithm, string provider);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Destroying key {Label} in provider {Provider}: its intent was given up")]
    public static partial void Discarding(ILogger logger, string label, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "Destroying key {Kid} of set {KeySet} in provider {Provider}")]
    public static partial void Destroying(ILogger logger, string kid, string keySet, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "Destroyed key {Kid} of set {KeySet} in provider {Provider}")]
    public static partial void Destroyed(ILogger logger, string kid, string keySet, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "Key set {KeySet} is gone: its last key was destroyed")]
    public static partial void KeySetRemoved(ILogger logger, string keySet);

    [LoggerMessage(Level = LogLevel.Error, Message = "Key {Kid} of set {KeySet} is revoked, but its successor could not be made yet")]
    public static partial void RevokedWithoutSuccessor(ILogger logger, Exception failure, string kid, string keySet);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store did not answer; signing and publishing go on from memory")]
    public static partial void RefreshFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "Key set {KeySet} is used as it was until that is too old: {Fault}")]
    public static partial void KeySetUnreadable(ILogger logger, string keySet, string fault);

    [LoggerMessage(Level = LogLevel.Information, Message = "Key set {KeySet} can be read from the store again")]
    public static partial void KeySetReadable(ILogger logger, string keySet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Until when the tokens of key set {KeySet} live could not be recorded yet")]
    public static partial void ExpiriesNotRecorded(ILogger logger, Exception failure, string keySet);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The time for the shutdown was over before it was recorded until when the last tokens live; the plan of their keys counts with the longest")]
    public static partial void ExpiriesLost(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "Work on key set {KeySet} failed; next try in {Pause}")]
    public static partial void TendingFailed(ILogger logger, Exception failure, string keySet, TimeSpan pause);

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {Method} failed in an unforeseen way")]
    public static partial void Unforeseen(ILogger logger, Exception failure, string method);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {Method} failed: {Reason}")]
    public static partial void CallFailed(ILogger logger, Exception failure, string method, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} is away; keys asked of it are made once it is back")]
    public static partial void ProviderAway(ILogger logger, Exception failure, string provider);

    [LoggerMessage(Level = LogLevel.Information, Message = "Key set {KeySet} is ready")]
    public static partial void KeySetReady(ILogger logger, string keySet);

    [LoggerMessage(Level = LogLevel.Error, Message = "Key set {KeySet} of the settings could not be made yet; the server starts without it and goes on trying")]
    public static partial void KeySetNotReady(ILogger logger, Exception failure, string keySet);

    [LoggerMessage(Level = LogLevel.Error, Message = "Provider {Provider} made a signature for {Algorithm} with key {Handle} that does not verify; nobody was given it")]
    public static partial void BadSignature(ILogger logger, string provider, string handle, SigningAlgorithm algorithm);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This machine cannot verify {Algorithm}: signatures of provider {Provider} go out unverified")]
    public static partial void CannotVerifyHere(ILogger logger, string provider, SigningAlgorithm algorithm);

    [LoggerMessage(Level = LogLevel.Information, Message = "Changed files were taken over: {What}")]
    public static partial void FileReloaded(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "Changed files cannot be used, the ones before stay in use: {What}")]
    public static partial void FileNotReloaded(ILogger logger, Exception failure, string what);

    [LoggerMessage(Level = LogLevel.Error, Message = "The keys of issuer {Issuer} cannot be fetched; its tokens are verified with those that were had before, if any")]
    public static partial void IssuerAway(ILogger logger, Exception failure, string issuer);

    [LoggerMessage(Level = LogLevel.Information, Message = "The keys of issuer {Issuer} can be fetched again")]
    public static partial void IssuerBack(ILogger logger, string issuer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Denied {Method}: {Why}")]
    public static partial void AccessDenied(ILogger logger, string method, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No Auth:PolicyFile is set: everyone on this machine may do everything, and nobody else reaches the server")]
    public static partial void AccessIsOff(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} holds key {Label}, which no key set knows of")]
    public static partial void OrphanFound(ILogger logger, string label, string provider);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Destroying key {Label} of provider {Provider}: no key set has known of it since {Since:O}")]
    public static partial void DestroyingOrphan(ILogger logger, string label, string provider, DateTimeOffset since);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Provider {Provider} could not be searched for keys that no key set knows of")]
    public static partial void OrphansNotSought(ILogger logger, Exception failure, string provider);

    [LoggerMessage(Level = LogLevel.Error, Message = "The search for keys that no key set knows of failed")]
    public static partial void OrphanSearchFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The audit log cannot be written; where it fails closed nothing is signed until it can")]
    public static partial void AuditBroken(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log is written again, from line {Sequence}")]
    public static partial void AuditResumed(ILogger logger, long sequence);

    [LoggerMessage(Level = LogLevel.Error, Message = "The audit log's checkpoint could not be made; it is tried again later")]
    public static partial void CheckpointFailed(ILogger logger, Exception failure);
}
