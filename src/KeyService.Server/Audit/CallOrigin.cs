using System.Diagnostics;
using Grpc.Core;

namespace KeyService.Server.Audit;

/// <summary>Who made a call, as far as the audit log tells it.</summary>
internal readonly record struct CallOrigin(string Principal, string Peer, string? Trace)
{
    /// <summary>The principal of a call that nobody has proven to have made.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>The principal of what the service does by itself.</summary>
    public const string Service = "keyservice";

    public static string? PresentTrace => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.TraceId.ToHexString() : null;

    public static CallOrigin Of(ServerCallContext context)
    {
        var identity = context.GetHttpContext().User.Identity;
        return new CallOrigin(identity is { IsAuthenticated: true, Name: { } name } ? name : Anonymous, context.Peer, PresentTrace);
    }
}
