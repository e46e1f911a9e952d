using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.Extensions.ObjectPool;

namespace KeyService.Server.Signing;

/// <summary>
/// Builds the async methods that every signature passes through, and keeps what they wait in for use again. The framework's
/// PoolingAsyncValueTaskMethodBuilder keeps one for each core and thread, which is next to none where many calls wait for an HSM.
/// As with that, a ValueTask may be awaited once only.
/// </summary>
[SuppressMessage("Performance", "CA1822", Justification = "The compiler calls these on an instance.")]
internal struct PooledCallBuilder<TResult>
{
    private WaitingCall? _waiting;
    private TResult? _result;

    public readonly ValueTask<TResult> Task => _waiting is null ? new(_result!) : _waiting.Task; // one of the two is set

    public static PooledCallBuilder<TResult> Create() => default;

    public readonly void Start<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine =>
        AsyncValueTaskMethodBuilder.Create().Start(ref stateMachine); // gives the caller its execution context back, as any builder must

    public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
    {
        // Only for state machines that were boxed by an older compiler.
    }

    public void SetResult(TResult result)
    {
        if (_waiting is null)
            _result = result;
        else
            _waiting.SetResult(result);
    }

    public void SetException(Exception exception) => (_waiting ??= WaitingCall<FailedAtOnce>.Rent()).SetException(exception);

    public void AwaitOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : INotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.OnCompleted(Wait(ref stateMachine));

    public void AwaitUnsafeOnCompleted<TAwaiter, TStateMachine>(ref TAwaiter awaiter, ref TStateMachine stateMachine)
        where TAwaiter : ICriticalNotifyCompletion
        where TStateMachine : IAsyncStateMachine =>
        awaiter.UnsafeOnCompleted(Wait(ref stateMachine));

    private Action Wait<TStateMachine>(ref TStateMachine stateMachine)
        where TStateMachine : IAsyncStateMachine
    {
        if (_waiting is not WaitingCall<TStateMachine> waiting)
        {
            _waiting = waiting = WaitingCall<TStateMachine>.Rent();
            waiting.StateMachine = stateMachine; // a copy, with a copy of this builder in it: which knows by now where it waits
        }

        waiting.Context = ExecutionContext.Capture();
        return waiting.MoveNext;
    }

    private struct FailedAtOnce : IAsyncStateMachine
    {
        public readonly void MoveNext()
        {
            // It never waited.
        }

        public readonly void SetStateMachine(IAsyncStateMachine stateMachine)
        {
            // As above.
        }
    }

    private abstract class WaitingCall : IValueTaskSource<TResult>
    {
        private ManualResetValueTaskSourceCore<TResult> _source; // the caller runs on inside of SetResult, as in any async method

        public ValueTask<TResult> Task => new(this, _source.Version);

        public void SetResult(TResult result) => _source.SetResult(result);

        public void SetException(Exception exception) => _source.SetException(exception);

        TResult IValueTaskSource<TResult>.GetResult(short token)
        {
            _source.GetStatus(token); // throws where the task is another call's by now, before anything is given back
            try
            {
                return _source.GetResult(token);
            }
            finally
            {
                _source.Reset();
                GiveBack();
            }
        }

        ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _source.GetStatus(token);

        void IValueTaskSource<TResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _source.OnCompleted(continuation, state, token, flags);

        protected abstract void GiveBack();
    }

    private sealed class WaitingCall<TStateMachine> : WaitingCall
        where TStateMachine : IAsyncStateMachine
    {
        private const int MostKept = 1024;
        private static readonly DefaultObjectPool<WaitingCall<TStateMachine>> Pool = new(new DefaultPooledObjectPolicy<WaitingCall<TStateMachine>>(), MostKept);

        public TStateMachine? StateMachine; // not a property: a struct that changes itself

        public WaitingCall() => MoveNext = RunOn;

        public Action MoveNext { get; }

        public ExecutionContext? Context { get; set; }

        public static WaitingCall<TStateMachine> Rent() => Pool.Get();

        protected override void GiveBack()
        {
            StateMachine = default;
            Context = null;
            Pool.Return(this);
        }

        private void RunOn()
        {
            if (Context is { } context)
                ExecutionContext.Run(context, static call => ((WaitingCall<TStateMachine>)call!).StateMachine!.MoveNext(), this); // both are set while it waits
            else
                StateMachine!.MoveNext(); // flow is suppressed
        }
    }
}
