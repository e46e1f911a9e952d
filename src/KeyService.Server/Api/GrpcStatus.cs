using System.Collections.Frozen;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using KeyService.Core;

namespace KeyService.Server.Api;

/// <summary>The one table from our errors to what callers see: a gRPC status, a stable reason, the field, when to retry.</summary>
internal static class GrpcStatus
{
    /// <summary>The <c>domain</c> of every <see cref="ErrorInfo"/> of this product.</summary>
    public const string Domain = "keyservice";

    /// <summary>What is needed to show the details as JSON.</summary>
    public static readonly TypeRegistry Details = TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor);

    private static readonly FrozenDictionary<StatusCode, string> StatusNames =
        System.Enum.GetValues<StatusCode>().ToFrozenDictionary(status => status, status => status == StatusCode.OK ? "OK" : Capitals(status.ToString()));

    private static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(1);

    public static StatusCode For(KeyServiceError error) => error switch
    {
        KeyServiceError.InvalidArgument or KeyServiceError.ClaimsRejected => StatusCode.InvalidArgument,
        KeyServiceError.KeySetNotFound or KeyServiceError.KeyNotFound => StatusCode.NotFound,
        KeyServiceError.KeySetExists or KeyServiceError.RequestIdReused => StatusCode.AlreadyExists,
        KeyServiceError.KidNotActive or KeyServiceError.AlgorithmNotOffered or KeyServiceError.AlgorithmNotSupported
            or KeyServiceError.TooManyKeys or KeyServiceError.FailedPrecondition or KeyServiceError.ProviderRejected => StatusCode.FailedPrecondition,
        KeyServiceError.NoActiveKey or KeyServiceError.ProviderUnavailable or KeyServiceError.StoreUnavailable
            or KeyServiceError.AuditUnavailable or KeyServiceError.IssuerUnavailable or KeyServiceError.ShuttingDown => StatusCode.Unavailable,
        KeyServiceError.Unauthenticated => StatusCode.Unauthenticated,
        KeyServiceError.PermissionDenied or KeyServiceError.ClaimsNotPermitted => StatusCode.PermissionDenied,
        KeyServiceError.ProviderThrottled or KeyServiceError.ProviderBusy or KeyServiceError.CallerThrottled => StatusCode.ResourceExhausted,
        KeyServiceError.ConcurrentChange => StatusCode.Aborted, // the caller may repeat the whole call
        _ => StatusCode.Internal,
    };

    /// <summary>The <c>reason</c> of an error: its name in capitals, such as <c>KEY_SET_NOT_FOUND</c>.</summary>
    public static string ReasonOf(KeyServiceError error) => Capitals(error.ToString());

    /// <summary>The name of a status as gRPC spells it, such as <c>NOT_FOUND</c>.</summary>
    public static string NameOf(StatusCode status) => StatusNames.GetValueOrDefault(status) ?? status.ToString();

    private static string Capitals(string name)
    {
        var reason = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && reason.Length > 0)
                reason.Append('_');
            reason.Append(char.ToUpperInvariant(c));
        }

        return reason.ToString();
    }

    /// <summary>The rich status of a failure. Its message is ours; what a vendor said stays in the log.</summary>
    public static Google.Rpc.Status Describe(KeyServiceException failure) => Describe(failure, failure.Field);

    /// <param name="field">Where the field at fault stands in the request as a whole.</param>
    public static Google.Rpc.Status Describe(KeyServiceException failure, string? field)
    {
        var status = new Google.Rpc.Status { Code = (int)For(failure.Error), Message = failure.Message };
        Add(new ErrorInfo { Domain = Domain, Reason = ReasonOf(failure.Error) });
        if (field is not null)
            Add(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = field, Description = failure.Message } } });
        if (For(failure.Error) is StatusCode.Unavailable or StatusCode.ResourceExhausted)
            Add(new RetryInfo { RetryDelay = (failure.RetryAfter ?? DefaultRetry).ToDuration() });
        return status;

        void Add(IMessage detail) => status.Details.Add(Any.Pack(detail));
    }
}
