using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;

namespace KeyService.Server.Tests.Rotation;

/// <summary>Those who use a server that dies again and again: one signs, one rotates, several verify until each token has expired.</summary>
internal sealed class SoakClients(HttpClient http, TimeSpan tokenLife)
{
    private const string Set = "/v1/keySets/soak";
    private static readonly TimeSpan SigningPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly Random _random = new(7517);
    private readonly ConcurrentQueue<(string Jwt, DateTimeOffset Expires)> _fresh = new();

    /// <summary>When each key that an answer named is to be destroyed, as the last answer had it; null where none was planned.</summary>
    public Dictionary<string, DateTimeOffset?> Kids { get; } = new(StringComparer.Ordinal);

    public List<string> Failures { get; } = [];

    public int Signed { get; private set; }

    public int Rotated { get; private set; }

    public int Verified { get; private set; }

    /// <summary>Checks that the server's absence put off until the token had expired.</summary>
    public int Missed { get; private set; }

    public int Refused { get; private set; }

    public async Task SignAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var expires = DateTimeOffset.FromUnixTimeSeconds((_time.GetUtcNow() + tokenLife).ToUnixTimeSeconds());
            var body = new { claims_json = $$"""{"sub":"soak","exp":{{expires.ToUnixTimeSeconds()}}}""" };
            if (await PostAsync($"{Set}:signJwt", body) is { } answer)
            {
                Signed++;
                _fresh.Enqueue((answer.GetProperty("jwt").GetString()!, expires)); // the answer has it
            }

            await Task.Delay(SigningPause, _time, CancellationToken.None);
        }
    }

    /// <summary>Rotates at random distances; each rotation is asked for with one request id until it is answered.</summary>
    public async Task RotateAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var body = new { request_id = $"rotation-{Rotated}" };
            while (true)
            {
                if (await PostAsync($"{Set}:rotate", body) is { } keySet)
                {
                    Take(keySet);
                    break;
                }

                if (stop.IsCancellationRequested)
                    return;
                await Task.Delay(RetryPause, _time, CancellationToken.None);
            }

            Rotated++;
            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 600)), _time, CancellationToken.None);
        }
    }

    /// <summary>Every verifier checks every token as soon as it is there, somewhere in its life, and shortly before its end.</summary>
    public async Task VerifyAsync(IReadOnlyList<JwksVerifier> verifiers, CancellationToken stop)
    {
        var due = new PriorityQueue<(JwksVerifier Verifier, string Jwt, DateTimeOffset Expires), DateTimeOffset>();
        var random = new Random(7519);
        while (!stop.IsCancellationRequested || due.Count > 0 || !_fresh.IsEmpty)
        {
            var now = _time.GetUtcNow();
            while (_fresh.TryDequeue(out var token))
            {
                foreach (var verifier in verifiers)
                {
                    due.Enqueue((verifier, token.Jwt, token.Expires), now);
                    due.Enqueue((verifier, token.Jwt, token.Expires), now + (random.NextDouble() * (token.Expires - now)));
                    due.Enqueue((verifier, token.Jwt, token.Expires), token.Expires.AddMilliseconds(-250));
                }
            }

            if (!due.TryPeek(out var next, out var at) || at > now)
            {
                await Task.Delay(10, CancellationToken.None);
                continue;
            }

            due.Dequeue();
            if (!await CheckAsync(next.Verifier, next.Jwt, next.Expires))
                due.Enqueue(next, now + RetryPause);
        }
    }

    public async Task ReadAsync()
    {
        using var answer = await http.GetAsync(new Uri(Set, UriKind.Relative), TestContext.Current.CancellationToken);
        Take(await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken));
    }

    /// <returns>False where it has to be tried again.</returns>
    private async Task<bool> CheckAsync(JwksVerifier verifier, string jwt, DateTimeOffset expires)
    {
        string? fault;
        try
        {
            fault = await verifier.FaultOfAsync(jwt, CancellationToken.None);
        }
        catch (HttpRequestException)
        {
            if (_time.GetUtcNow() < expires)
                return false; // the server is away and the copy at hand too old to know the key
            Missed++;
            return true;
        }

        if (fault is null)
            Verified++;
        else if (_time.GetUtcNow() < expires) // else the check itself came too late
            Failures.Add($"{_time.GetUtcNow():O}, token until {expires:O}: {fault}");
        else
            Missed++;
        return true;
    }

    private void Take(JsonElement keySet)
    {
        foreach (var key in keySet.GetProperty("keys").EnumerateArray())
        {
            var destroys = key.TryGetProperty("destroys", out var date) ? date.GetDateTimeOffset() : (DateTimeOffset?)null;
            Kids[key.GetProperty("kid").GetString()!] = destroys; // every key has one
        }
    }

    /// <returns>Null where the server was away or could not do it now.</returns>
    private async Task<JsonElement?> PostAsync<T>(string path, T body)
    {
        try
        {
            using var answer = await http.PostAsJsonAsync(path, body, CancellationToken.None);
            if (answer.IsSuccessStatusCode)
                return await answer.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None);
            Refused++;
            var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
            if ((int)answer.StatusCode is not (429 or 503 or 409))
                Failures.Add($"{_time.GetUtcNow():O}, {path}: {answer.StatusCode} {text}");
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return null; // killed before or during the call
        }
    }
}
