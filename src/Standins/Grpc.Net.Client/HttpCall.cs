using System.IO.Pipelines;
using Grpc.Core;
using KeyService.Standins.Wire;

namespace Grpc.Net.Client;

/// <summary>A running call: its response messages, and how it ended.</summary>
internal sealed class HttpCall<TResponse> : IAsyncStreamReader<TResponse>, IDisposable
    where TResponse : class
{
    private readonly Marshaller<TResponse> _marshaller;
    private readonly GrpcChannelOptions _channelOptions;
    private readonly CancellationToken _callerCancellation;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationToken _deadlineToken;
    private readonly CancellationTokenSource _cancellation;
    private readonly CancellationToken _ending;
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task<MessageReader<TResponse>?> _reader = Task.FromResult<MessageReader<TResponse>?>(null);
    private HttpResponseMessage? _response;
    private bool _disposed;
    private TResponse? _current;
    private (Status Status, Metadata Trailers)? _outcome;

    public HttpCall(Marshaller<TResponse> marshaller, CallOptions options, GrpcChannelOptions channelOptions, TimeProvider clock)
    {
        _marshaller = marshaller;
        _channelOptions = channelOptions;
        _callerCancellation = options.CancellationToken;
        _deadline = CallDeadline.Start(options.Deadline, clock);
        _deadlineToken = _deadline.Token;
        _cancellation = CancellationTokenSource.CreateLinkedTokenSource(_deadlineToken, options.CancellationToken);
        _ending = _cancellation.Token;
    }

    public Task<Metadata> ResponseHeadersAsync => _headers.Task;

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no current message: call MoveNext first.");

    /// <summary>Sends the request. Failures come out of the first read.</summary>
    public void Start(HttpMessageInvoker http, Func<HttpRequestMessage> createRequest) =>
        _reader = SendAsync(http, createRequest);

    public async Task<TResponse> ReadSingleAsync()
    {
        try
        {
            if (await _reader is not { } reader)
                throw Ended(ResponseStatus.Of(_response!)); // a sent request has a response
            // The status decides: an error may come with or without a message.
            var message = await reader.ReadNextAsync(_ending);
            if (message is not null && await reader.ReadNextAsync(_ending) is not null)
                throw WireErrors.Internal("More than one message received for a call with one response.");
            var outcome = ResponseStatus.Of(_response!);
            if (outcome.Status.StatusCode == StatusCode.OK && message is null)
                outcome.Status = new Status(StatusCode.Internal, "Failed to deserialize response message: the response is empty.");
            return outcome.Status.StatusCode == StatusCode.OK ? Finished(message!, outcome) : throw Ended(outcome); // not null, see above
        }
        catch (Exception e) when (CallFailure.Of(e, _deadlineToken, _ending) is { } status)
        {
            throw Failed(status, e);
        }
        finally
        {
            Dispose();
        }
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_outcome is { } ended)
            return ended.Status.StatusCode == StatusCode.OK ? false : throw new RpcException(ended.Status, ended.Trailers);

        // A cancelled read leaves the stream in between messages, so it ends the call.
        await using var registration = cancellationToken.UnsafeRegister(static state => ((HttpCall<TResponse>)state!).Dispose(), this); // state is this
        try
        {
            _current = await _reader is { } reader ? await reader.ReadNextAsync(_ending) : null;
            if (_current is not null)
                return true;
            var outcome = ResponseStatus.Of(_response!); // a sent request has a response
            if (outcome.Status.StatusCode != StatusCode.OK)
                throw Ended(outcome);
            _outcome = outcome;
            return false;
        }
        catch (Exception e) when (CallFailure.Of(e, _deadlineToken, _ending) is { } status)
        {
            throw Failed(status, e);
        }
    }

    public Status GetStatus() => (_outcome ?? throw NotFinished()).Status;

    public Metadata GetTrailers() => (_outcome ?? throw NotFinished()).Trailers;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true))
            return;
        _outcome ??= (new Status(StatusCode.Cancelled, "Call canceled by the client."), Metadata.Empty);
        _cancellation.Cancel(); // resets the stream if it is still open
        _cancellation.Dispose();
        _deadline.Dispose();
        _response?.Dispose();
    }

    private static InvalidOperationException NotFinished() => new("Unable to get the call status because the call is not complete.");

    /// <summary>Null when the response has no messages, only a status.</summary>
    private async Task<MessageReader<TResponse>?> SendAsync(HttpMessageInvoker http, Func<HttpRequestMessage> createRequest)
    {
        try
        {
            _ending.ThrowIfCancellationRequested();
            using var request = createRequest();
            _response = await http.SendAsync(request, _ending);
            _headers.TrySetResult(ResponseStatus.HeadersOf(_response));
            if (ResponseStatus.IsFinal(_response))
                return null;

            // Between two reads nothing else would tell the server that the caller has left.
            _ending.UnsafeRegister(static response => ((HttpResponseMessage)response!).Dispose(), _response); // it was given just here
            var body = await _response.Content.ReadAsStreamAsync(_ending);
            return new MessageReader<TResponse>(
                PipeReader.Create(body), _marshaller.ContextualDeserializer, _channelOptions.MaxReceiveMessageSize, ResponseStatus.EncodingOf(_response));
        }
        catch (Exception e)
        {
            _headers.TrySetException(CallFailure.Of(e, _deadlineToken, _ending) is { } status ? new RpcException(status) : e);
            _ = _headers.Task.Exception; // seen: the reads report it, and nobody need ask for the headers
            throw;
        }
    }

    private TResponse Finished(TResponse message, (Status Status, Metadata Trailers) outcome)
    {
        _outcome = outcome;
        return message;
    }

    private RpcException Ended((Status Status, Metadata Trailers) outcome)
    {
        _outcome = outcome;
        return new RpcException(outcome.Status, outcome.Trailers);
    }

    private Exception Failed(Status status, Exception cause)
    {
        // What the server said stands; so does the first failure.
        if (_outcome is { } known && known.Status.StatusCode != StatusCode.OK && cause is RpcException)
            return new RpcException(known.Status, known.Trailers);
        _outcome = (status, Metadata.Empty);
        Dispose();
        return _channelOptions.ThrowOperationCanceledOnCancellation && _callerCancellation.IsCancellationRequested && status.StatusCode == StatusCode.Cancelled
            ? new OperationCanceledException(status.Detail, cause, _callerCancellation)
            : new RpcException(status);
    }
}
