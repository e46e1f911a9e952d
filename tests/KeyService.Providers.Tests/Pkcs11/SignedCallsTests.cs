using KeyService.Providers.Pkcs11.Signing;
using KeyService.Testing;

namespace KeyService.Providers.Tests.Pkcs11;

public sealed class SignedCallsTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void Quick_signatures_are_told_of_together_once_they_are_many()
    {
        var signed = new SignedCalls(_clock);
        var calls = Enumerable.Range(0, 8).Select(_ => NewCall()).ToArray();
        foreach (var call in calls)
        {
            Assert.Null(signed.TakeIfDue(_clock.GetTimestamp()));
            signed.Add(call, _clock.GetTimestamp());
        }

        Assert.Equal(calls, All(signed.TakeIfDue(_clock.GetTimestamp())));
        Assert.Null(signed.Take());
    }

    [Fact]
    public void Nobody_is_kept_waiting_for_others_for_longer_than_a_fraction_of_a_millisecond()
    {
        var signed = new SignedCalls(_clock);
        var (first, second) = (NewCall(), NewCall());
        signed.Add(first, _clock.GetTimestamp());
        _clock.Advance(TimeSpan.FromMicroseconds(200));
        signed.Add(second, _clock.GetTimestamp());
        Assert.Null(signed.TakeIfDue(_clock.GetTimestamp()));
        _clock.Advance(TimeSpan.FromMicroseconds(100));
        Assert.Equal([first, second], All(signed.TakeIfDue(_clock.GetTimestamp())));
    }

    [Fact]
    public void A_slow_signature_is_told_of_at_once()
    {
        var signed = new SignedCalls(_clock);
        var begun = _clock.GetTimestamp();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var call = NewCall();
        signed.Add(call, begun);
        Assert.Equal([call], All(signed.TakeIfDue(_clock.GetTimestamp())));
    }

    [Fact]
    public void Where_nothing_else_is_to_be_done_all_are_told()
    {
        var signed = new SignedCalls(_clock);
        var call = NewCall();
        signed.Add(call, _clock.GetTimestamp());
        Assert.Equal([call], All(signed.Take()));
    }

    private static SignCall NewCall() => new(queue: null!); // it is never given back here

    private static IEnumerable<SignCall> All(SignCall? first)
    {
        for (var call = first; call is not null; call = call.Next)
            yield return call;
    }
}
