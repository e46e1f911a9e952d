using System.Runtime.InteropServices;
using KeyService.Benchmarks;
using KeyService.Core.Signing;

// Signatures a second through the service beside the provider alone: same token, same run, rounds interleaved.
// Then the same service without and with its audit log, by as many callers as make it write in groups.
// usage: KeyService.Benchmarks [path of KeyService.Server.dll]
const int Callers = 8;
const int ManyCallers = 64;
const int Rounds = 3;
var serverDll = args is [var path] ? path : throw new ArgumentException("usage: KeyService.Benchmarks path/to/KeyService.Server.dll");

await using var bench = await Setup.StartAsync(serverDll);
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

Console.WriteLine();
Console.WriteLine($"{ManyCallers} callers | without audit log /s | with it /s | ratio | server CPU µs a call without | with | p50 µs with | p99 µs with");
Console.WriteLine("--- | --- | --- | --- | --- | --- | --- | ---");
foreach (var algorithm in new[] { SigningAlgorithm.ES256, SigningAlgorithm.RS256 })
{
    var (plain, audited) = (bench.Grpc(algorithm), bench.Grpc(algorithm, audited: true));
    await Measurement.RunAsync(plain, ManyCallers);
    await Measurement.RunAsync(audited, ManyCallers);
    var (without, with) = (new List<Measurement>(), new List<Measurement>());
    var (plainCpu, auditedCpu) = (bench.ProcessorTime(audited: false), bench.ProcessorTime(audited: true));
    for (var round = 0; round < Rounds; round++)
    {
        without.Add(await Measurement.RunAsync(plain, ManyCallers));
        with.Add(await Measurement.RunAsync(audited, ManyCallers));
    }

    (plainCpu, auditedCpu) = (bench.ProcessorTime(audited: false) - plainCpu, bench.ProcessorTime(audited: true) - auditedCpu);
    var (off, on) = (without.Average(run => run.PerSecond), with.Average(run => run.PerSecond));
    Console.WriteLine($"{algorithm} | {off:F0} | {on:F0} | {on / off:F2} | {plainCpu.TotalMicroseconds / without.Sum(run => run.Calls):F0} | {auditedCpu.TotalMicroseconds / with.Sum(run => run.Calls):F0} | {with.Average(run => run.Percentile(0.50)):F0} | {with.Average(run => run.Percentile(0.99)):F0}");
}
