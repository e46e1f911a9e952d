using System.Globalization;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Server.Rotation;
using KeyService.Simulation.Replicas;

namespace KeyService.Simulation;

/// <summary>Change key sets at random through random replicas, repeat what was not answered, and check what was.</summary>
internal sealed class Operators(World world)
{
    private const int MostTries = 6;
    private readonly string[] _names = [.. Enumerable.Range(1, world.Random.Next(1, 4)).Select(number => $"set-{number}")];
    private int _requests;

    /// <summary>Calls that are under way.</summary>
    public int Running { get; private set; }

    public int Done { get; private set; }

    /// <summary>Makes every set that is not there.</summary>
    public async Task CreateAllAsync()
    {
        foreach (var name in _names.Where(name => world.Store.Find(name) is null))
            await CreateAsync(name);
    }

    public async Task WorkUntilAsync(DateTimeOffset end)
    {
        while (world.Now < end)
        {
            await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(world.Random.Next(1, 500)));
            Begin(_names[world.Random.Next(_names.Length)]);
        }
    }

    private void Begin(string name)
    {
        if (world.Random.Next(4) == 0 && world.ReadyReplica() is { } doomed)
            doomed.Lane.DieAfter(world.Random.Next(1, 60)); // dies in the middle of it, at any of its awaits
        if (world.Store.Find(name) is not { } keySet)
            _ = CreateAsync(name);
        else if (keySet.Deleted is null)
            _ = ChangeAsync(keySet, world.Random.Next(100));
    }

    private Task ChangeAsync(KeySet keySet, int choice) => choice switch
    {
        < 30 => RotateAsync(keySet.Name, emergency: false, replicas: 1),
        < 50 => RotateAsync(keySet.Name, emergency: false, replicas: 4),
        < 60 => RotateAsync(keySet.Name, emergency: true, replicas: world.Random.Next(1, 3)),
        < 72 => RevokeAsync(keySet),
        < 86 => ChangePolicyAsync(keySet.Name),
        < 94 => ChangeSignersAsync(keySet.Name),
        _ => CallAsync($"delete {keySet.Name}", replica => replica.Rotator.DeleteAsync(keySet.Name, 0, CancellationToken.None)),
    };

    private async Task CreateAsync(string name)
    {
        var id = $"create-{++_requests}";
        var definition = new KeySet { Name = name, Created = default, Policy = world.RandomPolicy(), Signers = [.. world.RandomSigners()] };
        await CallAsync($"create {name}", replica => replica.Rotator.CreateAsync(definition with { Created = replica.Clock.GetUtcNow() }, id, CancellationToken.None));
    }

    /// <summary>Asks several replicas at once, with one request id: one key for each signer, whatever happens on the way.</summary>
    private async Task RotateAsync(string name, bool emergency, int replicas)
    {
        if (emergency)
            world.Ledger.ExpectEmergency(name);
        var command = new RotateCommand($"rotate-{(++_requests).ToString(CultureInfo.InvariantCulture)}", emergency, "simulated");
        var before = world.Store.Find(name)?.Keys.Select(key => key.Kid).ToHashSet(StringComparer.Ordinal) ?? [];
        var asked = world.Now;
        await Task.WhenAll(Enumerable.Range(0, replicas).Select(_ => OneAsync()));

        async Task OneAsync()
        {
            var answer = await CallAsync(
                $"rotate {name}{(emergency ? " in an emergency" : "")} as {command.RequestId}", replica => replica.Rotator.RotateAsync(name, command, CancellationToken.None));
            if (answer is not { Deleted: null } || world.Ledger.SignersChanged(name) >= asked)
                return; // a signer that came meanwhile was not asked for
            foreach (var signer in answer.Signers.Where(signer => !answer.Keys.Any(key => signer.Owns(key) && !before.Contains(key.Kid))))
                world.Findings.Break("a rotation that succeeded made its key", $"{command.RequestId}: {name} has no new key of {signer.Provider}");
        }
    }

    private async Task RevokeAsync(KeySet keySet)
    {
        if (keySet.Keys.IsEmpty)
            return;
        var key = keySet.Keys[world.Random.Next(keySet.Keys.Length)];
        var answer = await CallAsync($"revoke {World.Short(key.Kid)} of {keySet.Name}", replica => replica.Rotator.RevokeAsync(keySet.Name, key.Kid, "simulated", CancellationToken.None));
        if (answer is not null && answer.Keys.Any(other => other.Kid == key.Kid && other.Dates.Compromised is null))
            world.Findings.Break("a revocation that succeeded is recorded", $"{keySet.Name}: {World.Short(key.Kid)}");
    }

    private async Task ChangePolicyAsync(string name)
    {
        var policy = world.RandomPolicy();
        await CallAsync($"change the policy of {name}: {policy.MaxTokenLifetime} after {policy.Propagation}", replica =>
            replica.Rotator.UpdateAsync(name, keySet => keySet with { Policy = policy }, 0, CancellationToken.None));
        if (world.Random.Next(2) == 0)
            await RotateAsync(name, emergency: false, replicas: 1); // while verifiers still cache by the former policy
    }

    private async Task ChangeSignersAsync(string name)
    {
        var signers = world.RandomSigners();
        await CallAsync($"change the signers of {name}: {string.Join(' ', signers.Select(signer => signer.Provider))}", replica =>
            replica.Rotator.UpdateAsync(name, keySet => keySet with { Signers = [.. signers] }, 0, CancellationToken.None));
    }

    /// <summary>Tries until it is answered; null where it was refused or nobody answered.</summary>
    private async Task<KeySet?> CallAsync(string what, Func<Replica, Task<KeySet>> call)
    {
        Running++;
        try
        {
            for (var tries = 1; tries <= MostTries; tries++)
            {
                if (world.ReadyReplica() is { } replica && await TryAsync(replica, what, call) is (true, var answer))
                {
                    Done++;
                    return answer;
                }

                await world.Scheduler.DelayAsync(TimeSpan.FromSeconds(0.1 + (10 * world.Random.NextDouble())));
            }

            return null;
        }
        finally
        {
            Running--;
        }
    }

    private async Task<(bool IsOver, KeySet? Answer)> TryAsync(Replica replica, string what, Func<Replica, Task<KeySet>> call)
    {
        world.Timeline.Add("operator", () => $"asks {replica.Name} to {what}");
        try
        {
            var answer = await replica.CallAsync(call);
            world.Timeline.Add("operator", () => $"is answered by {replica.Name}: {what} is done");
            return (true, answer);
        }
        catch (ConnectionLostException)
        {
            world.Timeline.Add("operator", () => $"lost {replica.Name}, which was to {what}");
            return (false, null);
        }
        catch (KeyServiceException e)
        {
            world.Timeline.Add("operator", () => $"is told by {replica.Name}, {what}: {e.Error}, {e.Message}");
            if (e.Error is KeyServiceError.AlgorithmNotSupported or KeyServiceError.AlgorithmNotOffered or KeyServiceError.ProviderRejected or KeyServiceError.RequestIdReused)
                world.Findings.Break("no failure for good where all fails for a while", $"{replica.Name}, {what}: {e.Error}, {e.Message}");
            return (!e.IsTransient, null);
        }
        catch (Exception e)
        {
            world.Findings.Break("a change works or says why not", $"{replica.Name}, {what}: {e}");
            return (true, null);
        }
    }
}
