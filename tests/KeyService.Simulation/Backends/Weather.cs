namespace KeyService.Simulation.Backends;

/// <summary>Whether things go wrong at the moment.</summary>
internal sealed class Weather(Random random)
{
    /// <summary>True while nothing goes wrong by chance.</summary>
    public bool IsFair { get; set; }

    public bool Happens(double share) => random.NextDouble() < share && !IsFair;
}
