using System.Globalization;
using System.Runtime.InteropServices;
using KeyService.Benchmarks;
using KeyService.Core.Signing;

// Signatures a second through the service beside the provider alone: same token, same run, rounds interleaved.
// usage: KeyService.Benchmarks path/to/KeyService.Server.dll [growth NUMBER-OF-KEY-SETS]
const int Callers = 8;
const int Rounds = 3;
if (args is [var server, "growth", var number])
{
    Console.WriteLine($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors shared by client and servers, {RuntimeInformation.FrameworkDescription}");
    await Growth.RunAsync(server, int.Parse(number, CultureInfo.InvariantCulture));
    return;
}

var serverDll = args is [var path] ? path : throw new ArgumentException("usage: KeyService.Benchmarks path/to/KeyService.Server.dll [growth NUMBER-OF-KEY-SETS]");

await using var token = await BenchToken.MakeAsync();
await using var bench = await Setup.StartAsync(token, serverDll);
Console.WriteLine($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors shared by client and server, {RuntimeInformation.FrameworkDescription}");
Console.WriteLine($"SoftHSM, {Callers} callers, {Rounds} rounds of {Measurement.Duration.TotalSeconds} s each, after a warm-up");
Console.WriteLine();
Console.WriteLine("algorithm | provider alone /s | through gRPC /s | ratio | gRPC p50 µs | gRPC p99 µs");
Console.WriteLine("--- | --- | --- | --- | --- | ---");
foreach (var algorithm in new[] { SigningAlgorithm.ES256, SigningAlgorithm.RS256, SigningAlgorithm.Ed25519 })
{
    var raw = await bench.RawAsync(algorithm);
    var grpc = bench.Grpc(algorithm);
    await Measurement.RunAsync(raw, Callers);
    await Measurement.RunAsync(grpc, Callers);
    var (rawRates, grpcRates) = (new List<Measurement>(), new List<Measurement>());
    for (var round = 0; round < Rounds; round++)
    {
        rawRates.Add(await Measurement.RunAsync(raw, Callers));
        grpcRates.Add(await Measurement.RunAsync(grpc, Callers));
    }

    var (alone, through) = (rawRates.Average(run => run.PerSecond), grpcRates.Average(run => run.PerSecond));
    Console.WriteLine($"{algorithm} | {alone:F0} | {through:F0} | {through / alone:F2} | {grpcRates.Average(run => run.Percentile(0.50)):F0} | {grpcRates.Average(run => run.Percentile(0.99)):F0}");
}
