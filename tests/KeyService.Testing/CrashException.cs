namespace KeyService.Testing;

/// <summary>Stands for the end of the process: no error that anyone handles.</summary>
public sealed class CrashException(string step) : Exception($"The process ended {step}.");
