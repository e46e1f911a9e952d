using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Testing.Aws;

/// <summary>
/// AWS KMS of one account in one Region, with STS beside it, on 127.0.0.1: the protocol and its errors after the AWS API
/// reference, with real keys in plain memory. Stopping it cuts every connection as a crash would; started again it
/// listens where it did and has its keys still.
/// </summary>
public sealed class AwsKmsServer : IAsyncDisposable
{
    private const int LongestBody = 256 * 1024;

    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);
    private readonly KmsState _state;
    private readonly KmsProtocol _kms;
    private readonly StsProtocol _sts;
    private WebApplication? _app;
    private int _port;

    /// <param name="time">Dates keys and checks the age of signatures; the SDK signs with the machine's clock.</param>
    public AwsKmsServer(TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        _state = new KmsState(Region, AwsAccount.Id, Faults, time);
        _kms = new KmsProtocol(_state, Account, Region, time);
        _sts = new StsProtocol(Account, Region, time);
    }

    public const string Region = "eu-west-1";

    public AwsAccount Account { get; } = new();

    public AwsFaults Faults { get; } = new();

    /// <summary>Items of a list that one reply shows at most, whatever Limit says.</summary>
    public int LongestPage
    {
        get => _state.LongestPage;
        set => _state.LongestPage = value;
    }

    /// <summary>Where it listens, or did before it was stopped.</summary>
    public Uri Endpoint => new($"http://127.0.0.1:{_port}");

    public static async Task<AwsKmsServer> StartAsync(CancellationToken cancellationToken = default)
    {
        var server = new AwsKmsServer();
        await server.RestartAsync(cancellationToken);
        return server;
    }

    /// <summary>Gives this process's SDK the account's user through its default chain. For all servers: they have the same user.</summary>
    public static void UseInThisProcess()
    {
        var user = new AwsAccount().User;
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", user.Id);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", user.Secret);
        Environment.SetEnvironmentVariable("AWS_SESSION_TOKEN", null);
        Environment.SetEnvironmentVariable("AWS_EC2_METADATA_DISABLED", "true");
    }

    /// <summary>How often an operation was called, whatever came of it.</summary>
    public int Calls(string operation) => _calls.GetValueOrDefault(operation);

    /// <summary>Every key, those that are pending deletion too.</summary>
    public IReadOnlyList<AwsKeyView> Keys
    {
        get
        {
            lock (_state.Lock)
            {
                return [.. _state.Keys.Values.Select(key => new AwsKeyView(
                    key.Arn, key.Spec.Name, key.State, key.IsMultiRegion, key.DeletionDate - _state.Now, new Dictionary<string, string>(key.Tags, StringComparer.Ordinal),
                    [.. _state.Aliases.Values.Where(alias => alias.TargetKeyId == key.Id).Select(static alias => alias.Name)]))];
            }
        }
    }

    /// <summary>Starts it, at the same port when it was stopped before.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = LongestBody;
            kestrel.Listen(IPAddress.Loopback, _port, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
        await _app.StartAsync(cancellationToken);
        var addresses = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!; // Kestrel has it
        _port = new Uri(addresses.Addresses.Single()).Port;
    }

    /// <summary>Ends it at once, in the middle of calls.</summary>
    public async Task StopAsync()
    {
        if (_app is null)
            return;
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _app = null;
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var body = await ReadAsync(context);
        var isSts = StsProtocol.IsAskedFor(context.Request);
        var operation = isSts ? "AssumeRole" : KmsProtocol.Operation(context.Request);
        _calls.AddOrUpdate(operation, 1, static (_, count) => count + 1);
        if (Faults.Delay > TimeSpan.Zero)
            await Task.Delay(Faults.Delay, context.RequestAborted);
        var fault = Faults.Take(operation);
        if (fault is { Hanging: true })
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        if (fault is { IsDropped: true })
        {
            context.Abort();
            return;
        }

        try
        {
            if (fault is { ErrorType: { } type })
                throw new AwsErrorException(type, "As ordered.", fault.Status);
            if (isSts)
                await StsProtocol.WriteAsync(context.Response, _sts.Answer(context.Request, body));
            else
                await AnswerKmsAsync(context, body, fault);
        }
        catch (AwsErrorException error)
        {
            await (isSts ? StsProtocol.WriteErrorAsync(context.Response, error) : KmsProtocol.WriteErrorAsync(context.Response, error));
        }
    }

    private async Task AnswerKmsAsync(HttpContext context, byte[] body, AwsFault? fault)
    {
        var answer = _kms.Answer(context.Request, body, fault);
        if (fault is { LosesReply: true })
            context.Abort();
        else
            await KmsProtocol.WriteAsync(context.Response, 200, answer);
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return body.ToArray();
    }
}
