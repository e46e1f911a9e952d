using KeyService.Core;
using KeyService.Fuzz.Targets;

namespace KeyService.Fuzz;

/// <summary>Inputs that once got an exception through which none should come: each gets its answer now, as its target says.</summary>
public sealed class FoundInputsTests
{
    [Fact]
    public void A_modulus_that_is_too_long_to_be_published_is_refused_by_the_provider() =>
        Assert.Equal(KeyServiceError.ProviderRejected, Assert.Throws<KeyServiceException>(() => PublicKeys.TakePoint([5, .. Enumerable.Repeat((byte)0xff, 1025)])).Error);

    [Theory]
    [InlineData("frames", "AQAAAAA=", true)] // an empty gzip message between two segments
    [InlineData("protobuf", "BAoIdGVuYW50LWISBhr/////BxoZCgZpc3N1ZXIKD3JvdGF0aW9uX3BlcmlvZCAD")] // Google.Protobuf read beyond its buffer
    [InlineData("json-path-and-body", "YXsiZGlnZXN0IjoiQUEiLCJrZXlTZXQiOiJhIiwia2lkIjoiXHVkODNkIn0=")] // half a surrogate pair beside base64 without padding
    [InlineData("policy-yaml", "dmVyc2lvbjogMQpwcmluY2lwYWxzOgogIC0gbmFtZTogb3BzCiAgICBtYXRjaDoKICAgICAgLSB1bml4OiB7IHVpZDogMCwgZ2lkOiAwIH0KcmFudHM6CiAgICAgIC0ga2V5U2V0czogWyAiMDA6MDA6MDEiCiAgICAgICAgcGVybWlzc2lvbnM6IFsgcm90YXRlLCBhZG1pbiBdICMgbm8gc2lnbmF0dXJlcw==")] // an open bracket
    [InlineData("policy-json", "eyJ2ZXJzaW9uIjoxLCJwcmluY2lwYWxzIjpbeyJuYW1lIjoiYSIsIm1cdWRlMDBcdWQ4M2RhdGNoIjpbXX1dfQ==")] // half a surrogate pair
    [InlineData("token-point", "ATCABGEEqofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3NhfeSpYmLG9dnpi/kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f")] // a length without end
    [InlineData("audit-line", "eyJzZXEiOjEsIlx1ZDgwMCI6IjIwMjYtMTEtMjJUMTI6MDA6MDAuMDAwWiIsImV2ZW50IjoiY2hlY2twb2ludCIsImp3cyI6ImUzMC5lMzAuQUFBQSIsInByZXYiOiJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBIiwiaGFzaCI6IkNQT3ZUWFZtMkdCR2Z1bHU2S2RVLTBQbm9HYXdIWF9VVjJPX0lrbWxwcGsifQ==")] // the name of a member is no Unicode
    public void What_was_found_once_gets_its_answer(string name, string base64, bool isAccepted = false)
    {
        var target = AllTargets.All.Single(target => target.Name == name);
        bool accepted;
        try
        {
            accepted = target.Take(Convert.FromBase64String(base64));
        }
        catch (Exception e) when (target.MayThrow(e))
        {
            accepted = false;
        }

        Assert.Equal(isAccepted, accepted);
    }
}
