using KeyService.Core;
using KeyService.Server.Guard;
using KeyService.Testing;

namespace KeyService.Server.Tests.Guard;

public sealed class FairSlotsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_free_slot_is_taken_without_waiting_or_allocating()
    {
        using var slots = new FairSlots("hsm", 2, 10, TimeProvider.System);
        Assert.True(slots.TryEnter());
        slots.Exit();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            if (slots.TryEnter())
                slots.Exit();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(slots.TryEnter());
        Assert.True(slots.TryEnter());
        Assert.False(slots.TryEnter());
    }

    [Fact]
    public async Task Key_sets_take_turns_however_many_callers_one_of_them_has()
    {
        using var slots = new FairSlots("hsm", 1, 1000, TimeProvider.System);
        Assert.True(slots.TryEnter());
        var served = new List<string>();
        var callers = new List<Task>();
        for (var i = 0; i < 100; i++)
            callers.Add(EnterAsync("flood"));
        callers.Add(EnterAsync("quiet"));
        callers.Add(EnterAsync("other"));
        callers.Add(EnterAsync("quiet"));
        slots.Exit();
        await Task.WhenAll(callers);
        Assert.Equal(["flood", "quiet", "other", "flood", "quiet", "flood", "flood"], served.Take(7));
        Assert.Equal(103, served.Count);

        async Task EnterAsync(string keySet)
        {
            Assert.True(await slots.EnterAsync(keySet, Patience, TestContext.Current.CancellationToken));
            served.Add(keySet); // one slot: nobody else is here
            slots.Exit();
        }
    }

    [Fact]
    public async Task A_full_queue_turns_callers_away_and_says_when_to_come_back()
    {
        using var slots = new FairSlots("hsm", 1, 2, TimeProvider.System);
        Assert.True(slots.TryEnter());
        var waiting = new[] { Enter(), Enter() };
        var refused = await Assert.ThrowsAsync<KeyServiceException>(Enter);
        Assert.Equal(KeyServiceError.ProviderBusy, refused.Error);
        Assert.NotNull(refused.RetryAfter);
        Assert.Equal(2, slots.Waiting);
        slots.Exit();
        await Task.WhenAny(waiting);
        slots.Exit();
        await Task.WhenAll(waiting);
        Assert.Equal(0, slots.Waiting);

        Task Enter() => slots.EnterAsync("a", Patience, TestContext.Current.CancellationToken).AsTask();
    }

    [Fact]
    public async Task Without_a_queue_only_free_slots_serve()
    {
        using var slots = new FairSlots("hsm", 1, 0, TimeProvider.System);
        await slots.EnterAsync("a", Patience, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<KeyServiceException>(() => slots.EnterAsync("a", Patience, TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(KeyServiceError.ProviderBusy, refused.Error);
    }

    [Fact]
    public async Task A_caller_who_gives_up_makes_room_in_the_queue_and_takes_no_slot()
    {
        using var slots = new FairSlots("hsm", 1, 1, TimeProvider.System);
        Assert.True(slots.TryEnter());
        using var impatient = new CancellationTokenSource();
        var first = slots.EnterAsync("a", Patience, impatient.Token).AsTask();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(0, slots.Waiting);

        var second = slots.EnterAsync("b", Patience, TestContext.Current.CancellationToken).AsTask();
        Assert.False(second.IsCompleted);
        slots.Exit();
        await second;
        slots.Exit();
        Assert.True(slots.TryEnter());
    }

    [Fact]
    public async Task Who_waited_as_long_as_he_would_is_told_so_and_takes_no_slot()
    {
        var clock = new ManualClock();
        using var slots = new FairSlots("hsm", 1, 10, clock);
        Assert.True(slots.TryEnter());
        var patient = slots.EnterAsync("a", TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken).AsTask();
        var hasty = slots.EnterAsync("a", TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken).AsTask();
        var timeless = slots.EnterAsync("b", TimeSpan.MaxValue, TestContext.Current.CancellationToken).AsTask();
        var late = slots.EnterAsync("b", TimeSpan.FromSeconds(-1), TestContext.Current.CancellationToken).AsTask();
        clock.Advance(TimeSpan.FromMilliseconds(900));
        Assert.False(await late);
        Assert.False(hasty.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(200));
        Assert.False(await hasty);
        Assert.False(patient.IsCompleted);
        Assert.Equal(2, slots.Waiting);
        slots.Exit();
        Assert.True(await patient);
        slots.Exit();
        Assert.True(await timeless);
        slots.Exit();
        Assert.True(slots.TryEnter());
    }

    [Fact]
    public async Task Thousands_that_are_refused_at_once_by_each_other_do_not_exhaust_the_stack()
    {
        using var slots = new FairSlots("hsm", 1, 100_000, TimeProvider.System);
        Assert.True(slots.TryEnter());
        var callers = Enumerable.Range(0, 100_000).Select(_ => EnterAndExitAsync()).ToArray();
        slots.Exit();
        await Task.WhenAll(callers);

        async Task EnterAndExitAsync()
        {
            Assert.True(await slots.EnterAsync("a", Patience, CancellationToken.None));
            slots.Exit();
        }
    }

    [Fact]
    public async Task Under_load_everyone_is_served_and_never_more_at_a_time_than_there_are_slots()
    {
        using var slots = new FairSlots("hsm", 3, 10_000, TimeProvider.System);
        var (inside, most, served) = (0, 0, 0);
        for (var i = 0; i < 3; i++)
            Assert.True(slots.TryEnter()); // so that everyone has to wait at first
        var callers = Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                if (!slots.TryEnter())
                    await slots.EnterAsync($"set{caller % 5}", Patience, TestContext.Current.CancellationToken);
                var now = Interlocked.Increment(ref inside);
                while (Volatile.Read(ref most) is var before && now > before)
                    Interlocked.CompareExchange(ref most, now, before);
                if (i % 7 == 0)
                    await Task.Yield();
                Interlocked.Increment(ref served);
                Interlocked.Decrement(ref inside);
                slots.Exit();
            }
        })));
        while (slots.Waiting < 16)
            await Task.Delay(1, TestContext.Current.CancellationToken);
        for (var i = 0; i < 3; i++)
            slots.Exit();
        await callers;
        Assert.Equal(8000, served);
        Assert.True(most <= 3, $"{most} at a time");
        Assert.Equal(0, slots.Waiting);
    }
}
