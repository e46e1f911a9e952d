namespace KeyService.Simulation.Backends;

/// <summary>How bad a wire is: the share of calls that are lost on the way there, on the way back, and that are slow.</summary>
internal sealed record WireFaults(double LostThere, double LostBack, double Slow, TimeSpan Slowest);
