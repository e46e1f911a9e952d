using KeyService.Core.Signing;

namespace KeyService.Providers.Tests.Pkcs11;

/// <summary>Counts the whole process's allocations, so nothing may run beside it.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests(SoftHsmFixture softHsm)
{
    private const int Signatures = 10_000;

    [Fact]
    public async Task Signing_allocates_little_more_than_the_signature()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var provider = TestProviders.On(softHsm.Module, softHsm.First);
        var key = await provider.CreateEs256Async("allocation", cancellation);
        using var requests = new CancellationTokenSource();
        var digest = new byte[32];
        await SignAsync(1000); // JIT, pools, timers

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await SignAsync(Signatures);
        var perSignature = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Signatures;

        // An array of 64 bytes takes 88. The rest is the runtime's own: the thread pool's queue, the test's timer.
        Assert.InRange(perSignature, 88, 112);

        async Task SignAsync(int count)
        {
            for (var i = 0; i < count; i++)
                await provider.SignAsync(key.Handle, SigningAlgorithm.ES256, digest, requests.Token);
        }
    }
}
