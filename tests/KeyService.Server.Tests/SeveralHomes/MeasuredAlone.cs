namespace KeyService.Server.Tests.SeveralHomes;

/// <summary>Tests that hold the server to a deadline under load: on a small machine they run after all others, one at a time.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;
