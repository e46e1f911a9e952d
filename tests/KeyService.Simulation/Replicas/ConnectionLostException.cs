namespace KeyService.Simulation.Replicas;

/// <summary>The replica died before it answered, or is not there.</summary>
internal sealed class ConnectionLostException() : Exception("The replica is gone.");
