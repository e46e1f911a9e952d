using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using KeyService.Server.Signing;

namespace KeyService.Server.Tests.Signing;

public sealed class PooledCallBuilderTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_result_and_a_failure_reach_the_caller_whether_it_waited_or_not(bool waits)
    {
        Assert.Equal(8, await DoubleAsync(4, waits));
        var failure = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await DoubleAsync(-1, waits));
        Assert.Equal("number", failure.ParamName);
        Assert.Equal(10, await DoubleAsync(5, waits));
    }

    [Fact]
    public async Task Many_at_once_that_wait_again_and_again_get_each_their_own_result()
    {
        var sums = await Task.WhenAll(Enumerable.Range(0, 2000).Select(number => Task.Run(async () => await SumAsync(number))));
        Assert.Equal(Enumerable.Range(0, 2000).Select(number => 5 * number), sums);
    }

    [Fact]
    public async Task What_is_ambient_goes_along_and_does_not_leak_to_the_caller()
    {
        Ambient.Value = "caller";
        var call = AmbientAsync("callee");
        Assert.Equal("caller", Ambient.Value);
        Assert.Equal("callee", await call);
        Assert.Equal("caller", Ambient.Value);
    }

    [Fact]
    public async Task A_result_that_was_taken_cannot_be_taken_again()
    {
        var call = DoubleAsync(1, waits: true);
        Assert.Equal(2, await call);
#pragma warning disable CA2012 // the mistake that is tested
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await call);
#pragma warning restore CA2012
    }

    [Fact]
    public void What_calls_wait_in_is_used_again_however_many_wait_at_once()
    {
        const int AtOnce = 100;
        var gates = Enumerable.Range(0, AtOnce).Select(_ => new Gate()).ToArray();
        var wrong = 0;
        Round(); // makes them
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            Round();
        var perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / (100.0 * AtOnce);
        Assert.Equal(0, wrong);
        Assert.True(perCall < Allowed, $"{perCall} bytes a call");

        void Round()
        {
            Span<ValueTask<int>> calls = new ValueTask<int>[AtOnce];
            for (var i = 0; i < AtOnce; i++)
            {
#pragma warning disable CA2012 // taken once each, below, when its gate is open
                calls[i] = ThroughAsync(gates[i]);
#pragma warning restore CA2012
            }

            for (var i = 0; i < AtOnce; i++)
                gates[i].Open(i);
            for (var i = 0; i < AtOnce; i++)
                wrong += calls[i].GetAwaiter().GetResult() == i ? 0 : 1; // an assertion would allocate
        }
    }

    /// <summary>The array of a round, and without optimization each call's state machine, which is an object then.</summary>
    private static int Allowed => typeof(PooledCallBuilder<>).Assembly.GetCustomAttributes(typeof(System.Diagnostics.DebuggableAttribute), false)
        is [System.Diagnostics.DebuggableAttribute { IsJITOptimizerDisabled: true }] ? 200 : 40;

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private static async ValueTask<int> DoubleAsync(int number, bool waits)
    {
        if (waits)
            await Task.Yield();
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        return 2 * number;
    }

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private static async ValueTask<int> SumAsync(int number)
    {
        var sum = number;
        for (var i = 0; i < 2; i++)
            sum += await DoubleAsync(number, waits: i == 0 || number % 3 == 0);
        return sum;
    }

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private static async ValueTask<string?> AmbientAsync(string value)
    {
        Ambient.Value = value;
        await Task.Yield();
        return Ambient.Value;
    }

    [AsyncMethodBuilder(typeof(PooledCallBuilder<>))]
    private static async ValueTask<int> ThroughAsync(Gate gate) => await gate.WaitAsync();

    private sealed class Gate : IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _source;

        public ValueTask<int> WaitAsync()
        {
            _source.Reset();
            return new(this, _source.Version);
        }

        public void Open(int result) => _source.SetResult(result);

        public int GetResult(short token) => _source.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);
    }
}
