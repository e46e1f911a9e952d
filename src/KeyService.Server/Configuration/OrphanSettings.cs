namespace KeyService.Server.Configuration;

/// <summary>Section <c>Orphans</c>: keys in the providers that no key set knows of.</summary>
/// <param name="SearchInterval">How often they are looked for, the first time at start. 1 min to 30 days, default 1 hour.</param>
/// <param name="DestroyAfter">
/// Destroys those that this process has seen for so long, and of which the store proves that it lived when they were asked for
/// (<see cref="Rotation.OrphanRule"/>). 1 hour to 365 days; absent (default): they are only reported. Not where several deployments share a provider.
/// </param>
internal sealed record OrphanSettings(TimeSpan SearchInterval, TimeSpan? DestroyAfter)
{
    public static OrphanSettings Read(SettingsReader section)
    {
        var settings = new OrphanSettings(
            section.Duration("SearchInterval", TimeSpan.FromHours(1), TimeSpan.FromMinutes(1), TimeSpan.FromDays(30)),
            section.OptionalDuration("DestroyAfter", TimeSpan.FromHours(1), TimeSpan.FromDays(365)));
        section.RefuseOthers();
        return settings;
    }
}
