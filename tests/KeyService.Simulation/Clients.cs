using System.Globalization;
using System.Text;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Server.Guard;
using KeyService.Server.Signing;
using KeyService.Simulation.Replicas;
using KeyService.Simulation.Verifiers;

namespace KeyService.Simulation;

/// <summary>
/// Have tokens signed all the time, most of them as long-lived as is allowed, and more of them around the instants at which keys
/// change. Each token is then shown to every verifier, in its life and in the last instant of it.
/// </summary>
internal sealed class Clients(World world)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(90);

    public int Signed { get; private set; }

    public int Refused { get; private set; }

    public bool IsOver { get; set; }

    public async Task SignForeverAsync()
    {
        while (!IsOver)
        {
            await world.Scheduler.DelayAsync(Pause * world.Random.NextDouble());
            foreach (var keySet in world.Store.All.Where(keySet => keySet.Deleted is null).ToArray())
                Begin(keySet.Name);
        }
    }

    /// <summary>Signs around an instant at which a key takes over or ends.</summary>
    public void SignAround(string set, DateTimeOffset instant)
    {
        for (var i = 0; i < 2; i++)
        {
            var at = instant + world.RandomSkew() - TimeSpan.FromMilliseconds(world.Random.Next(30));
            if (at > world.Now)
                world.Scheduler.After(at - world.Now, () => Begin(set));
        }
    }

    private void Begin(string set) => world.Lane.Run(_ => _ = SignAsync(set), null);

    private async Task SignAsync(string set)
    {
        if (world.ReadyReplica() is not { } replica || world.Store.Find(set) is not { Deleted: null } keySet)
            return;
        var life = keySet.Policy.MaxTokenLifetime;
        var lived = world.Random.Next(3) == 0 ? life * world.Random.NextDouble() : life + World.ClockSkew;
        if (world.Bug.SignsAnyExpiry)
            lived = life * 2;
        var expires = DateTimeOffset.FromUnixTimeSeconds((world.Now + replica.Skew + lived).ToUnixTimeSeconds());
        var claims = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""{"exp":{{expires.ToUnixTimeSeconds()}}}"""));
        ClientCall? call = null;
        var lane = replica.Lane;
        try
        {
            var kid = await replica.CallAsync(process => SignAsync(process, set, claims, call = new ClientCall { BeganAt = world.Now }));
            Signed++;
            Show(new Token(set, kid, expires, call!.BeganAt, replica.Name)); // it was answered, so it was called
            world.Ledger.FindByKid(kid)!.Tokens.Add((expires, world.Now, lane)); // it signed, so it was recorded
        }
        catch (ConnectionLostException)
        {
            Refused++;
        }
        catch (KeyServiceException e) when (IsExpected(e, set, keySet))
        {
            Refused++;
        }
        catch (Exception e)
        {
            world.Findings.Break("signing works or says why not", $"{replica.Name}, {set}: {e}");
        }
    }

    private async Task<string> SignAsync(Replica process, string set, byte[] claims, ClientCall call)
    {
        ClientCall.Current = call;
        if (world.Bug.SignsAnyExpiry)
        {
            var input = new SignerInput(claims, IsDigest: false);
            return (await process.Signer.SignAsync(set, input, null, null, SignAttempt.Patience, CancellationToken.None)).Key.Key.Kid;
        }

        return (await process.Signer.SignJwtAsync(set, claims, "JWT", null, null, SignAttempt.Patience, CancellationToken.None)).Key.Key.Kid;
    }

    private bool IsExpected(KeyServiceException failure, string set, KeySet asked) => failure.Error switch
    {
        KeyServiceError.StoreUnavailable => true, // its catalog is too old
        KeyServiceError.ProviderUnavailable or KeyServiceError.ProviderThrottled or KeyServiceError.ProviderBusy => true,
        KeyServiceError.NoActiveKey => world.Ledger.MayLackKey(set),
        KeyServiceError.KeySetNotFound => world.Now - asked.Created < World.Staleness || world.Store.Find(set) is not { Deleted: null },
        KeyServiceError.ClaimsRejected => true, // planned under another policy, or the replica's clock is behind
        _ => false,
    };

    private void Show(Token token)
    {
        foreach (var verifier in world.Verifiers)
        {
            var last = verifier.LastInstant(token);
            var during = world.Now + ((last - world.Now) * world.Random.NextDouble());
            foreach (var instant in new[] { world.Now + TimeSpan.FromMilliseconds(50), during, last })
                world.Scheduler.After(instant - world.Now, () => world.Lane.Run(_ => verifier.Verify(token), null));
        }
    }
}
