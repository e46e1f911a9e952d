namespace KeyService.Core.Providers;

/// <summary>What the sessions of a provider do.</summary>
/// <param name="Limit">How many may sign at a time.</param>
/// <param name="Busy">In a call.</param>
/// <param name="Idle">Open and waiting for work.</param>
/// <param name="Stuck">Given up, in a call that has not come back: for signatures or for keys.</param>
/// <param name="Waiting">Signatures that wait for one.</param>
public readonly record struct SessionPoolUse(int Limit, int Busy, int Idle, int Stuck, int Waiting);
