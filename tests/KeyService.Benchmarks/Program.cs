using System.Globalization;
using System.Runtime.InteropServices;
using KeyService.Benchmarks;
using KeyService.Core.Signing;

// Signatures a second through the service beside the provider alone: same token, same run, rounds interleaved.
// Then the same service without and with its audit log, by more callers: they share what its disk costs.
// usage: KeyService.Benchmarks path/to/keyservice.dll [growth NUMBER-OF-KEY-SETS]
const int Callers = 8;
const int ManyCallers = 64;
const int Rounds = 3;
if (args is [var server, "growth", var number])
{
    Console.WriteLine($"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors shared by client and servers, {RuntimeInformation.FrameworkDescription}");
    await Growth.RunAsync(server, int.Parse(number, CultureInfo.InvariantCulture));
    return;
}

var serverDll = args is [var path] ? path : throw new ArgumentException("usage: KeyService.Benchmarks path/to/keyservice.dll [growth NUMBER-OF-KEY-SETS]");

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

await using var audited = await Setup.StartAsync(token, serverDll, audited: true);
Console.WriteLine();
Console.WriteLine($"{ManyCallers} callers | without audit log /s | with it /s | ratio | server CPU µs a call without | with | p50 µs with | p99 µs with");
Console.WriteLine("--- | --- | --- | --- | --- | --- | --- | ---");
foreach (var algorithm in new[] { SigningAlgorithm.ES256, SigningAlgorithm.RS256 })
{
    var (without, with) = (new List<Measurement>(), new List<Measurement>());
    for (var round = 0; round < 2 * Rounds; round++) // until the compiler is through with both
    {
        await Measurement.RunAsync(bench.Grpc(algorithm), ManyCallers);
        await Measurement.RunAsync(audited.Grpc(algorithm), ManyCallers);
    }

    var (cpuWithout, cpuWith) = (bench.ProcessorTime, audited.ProcessorTime);
    for (var round = 0; round < Rounds; round++)
    {
        without.Add(await Measurement.RunAsync(bench.Grpc(algorithm), ManyCallers));
        with.Add(await Measurement.RunAsync(audited.Grpc(algorithm), ManyCallers));
    }

    // Other than rates, processor time hardly depends on who else is at work on the machine.
    (cpuWithout, cpuWith) = (bench.ProcessorTime - cpuWithout, audited.ProcessorTime - cpuWith);
    var (off, on) = (without.Average(run => run.PerSecond), with.Average(run => run.PerSecond));
    Console.WriteLine($"{algorithm} | {off:F0} | {on:F0} | {on / off:F2} | {cpuWithout.TotalMicroseconds / without.Sum(run => run.Calls):F0} | {cpuWith.TotalMicroseconds / with.Sum(run => run.Calls):F0} | {with.Average(run => run.Percentile(0.50)):F0} | {with.Average(run => run.Percentile(0.99)):F0}");
}
