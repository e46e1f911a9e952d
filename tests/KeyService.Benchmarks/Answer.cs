using System.Diagnostics;

namespace KeyService.Benchmarks;

/// <summary>The first answer of a process that was started just now.</summary>
internal static class Answer
{
    public static async Task AwaitAsync(Uri url, TimeSpan limit)
    {
        using var client = new HttpClient();
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(TimeSpan.FromMilliseconds(20)))
        {
            try
            {
                using var answer = await client.GetAsync(url);
                answer.EnsureSuccessStatusCode();
                return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(began) < limit)
            {
                // not listening yet
            }
        }
    }
}
