using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using KeyService.Standins.Tests.Library;
using StatusCode = Grpc.Core.StatusCode;

namespace KeyService.Standins.Tests.Transcoding;

/// <summary>Says in each answer what arrived.</summary>
internal sealed class LibraryService(LibrarySignals signals) : Library.Library.LibraryBase
{
    public override Task<Book> GetBook(BookRequest request, ServerCallContext context) => Answer("GetBook", request);

    public override Task<Book> Lend(BookRequest request, ServerCallContext context) => Answer("Lend", request);

    public override Task<Book> Return(BookRequest request, ServerCallContext context) => Answer("Return", request);

    public override Task<Book> StampPage(BookRequest request, ServerCallContext context) => Answer("StampPage", request);

    public override Task<Book> DeleteBook(BookRequest request, ServerCallContext context) => Answer("DeleteBook", request);

    public override Task<Book> PutBook(BookRequest request, ServerCallContext context) => Answer("PutBook", request);

    public override Task<Book> PatchTags(BookRequest request, ServerCallContext context) => Answer("PatchTags", request);

    public override async Task<Everything> Echo(Everything request, ServerCallContext context)
    {
        if (request.Text == "headers")
            await context.WriteResponseHeadersAsync([new("x-seen", context.RequestHeaders.GetValue("x-given") ?? "nothing")]);
        if (request.Text == "path")
            request.Left = context.GetHttpContext().Request.Path;
        if (request.Text == "wait")
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        return request;
    }

    public override Task<Book> Fail(FailRequest request, ServerCallContext context)
    {
        if (request.Code == 100)
            throw new InvalidOperationException("a secret of the handler");
        if (!request.Details)
            throw new RpcException(new(((StatusCode)request.Code), "failed as asked"));
        throw new Google.Rpc.Status
        {
            Code = request.Code,
            Message = "failed with details",
            Details =
            {
                Any.Pack(new ErrorInfo { Reason = "ASKED_TO", Domain = "library.test" }),
                Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)) }),
                Any.Pack(new Title { Text = "of a registered type" }),
                new Any { TypeUrl = "type.googleapis.com/unknown.Type", Value = ByteString.CopyFromUtf8("a") },
            },
        }.ToRpcException();
    }

    public override async Task ReadPages(PagesRequest request, IServerStreamWriter<Page> responseStream, ServerCallContext context)
    {
        for (var number = 1; number <= request.Count; number++)
            await responseStream.WriteAsync(new Page { Number = number, Text = "line\nbreak" }, context.CancellationToken);
        if (request.FailWith != 0)
            throw new RpcException(new((StatusCode)request.FailWith, "no more pages"));
        if (request.Linger)
            await signals.LingerAsync(context.CancellationToken);
    }

    private static Task<Book> Answer(string rpc, BookRequest request) => Task.FromResult(new Book
    {
        Rpc = rpc,
        Name = request.Name,
        Page = request.Page,
        Title = request.Title,
        Tags = { request.Tags },
    });
}
