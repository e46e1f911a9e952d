using FsCheck;

namespace KeyService.Core.Tests;

/// <summary>Runs a property over the same inputs every time, so that a failure is a failure for everybody.</summary>
internal static class Seeded
{
    public static void Check(Property property, int cases = 500) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithReplay(20250522, 7515).WithMaxTest(cases), property);
}
