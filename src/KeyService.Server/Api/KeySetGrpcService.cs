using System.Buffers.Text;
using System.Text;
using Grpc.Core;
using KeyService.Core;
using KeyService.Core.Keys;
using KeyService.Protos.V1;
using KeyService.Server.Access;
using KeyService.Server.Catalog;
using KeyService.Server.Rotation;
using KeySet = KeyService.Core.Keys.KeySet;
using Proto = KeyService.Protos.V1;

namespace KeyService.Server.Api;

/// <summary>The life of key sets: checks the request and hands it to the <see cref="KeyRotator"/>.</summary>
/// <remarks>
/// A change, once begun, is carried through even if the caller leaves: only the server's stop interrupts it, and then recovery
/// finishes it. So the calls below pass on the stop, not the caller's cancellation.
/// </remarks>
internal sealed class KeySetGrpcService(
    KeyRotator rotator, KeySetCatalog catalog, SpecReading specs, AccessControl access, TimeProvider time, IHostApplicationLifetime lifetime) : KeySetService.KeySetServiceBase
{
    private const int DefaultPageSize = 100;
    private const int MaxPageSize = 1000;
    private const int MaxTokenBytes = 63; // a name's

    private CancellationToken Stopped => lifetime.ApplicationStopped;

    public override async Task<CreateKeySetResponse> CreateKeySet(CreateKeySetRequest request, ServerCallContext context)
    {
        var definition = specs.NewKeySet(request.KeySet, request.Spec, time.GetUtcNow());
        return new CreateKeySetResponse { KeySet = Map(await rotator.CreateAsync(definition, RequestRules.RequestId(request.RequestId), Stopped)) };
    }

    public override Task<GetKeySetResponse> GetKeySet(GetKeySetRequest request, ServerCallContext context) =>
        Task.FromResult(new GetKeySetResponse { KeySet = Map(catalog.Get(RequestRules.KeySet(request.KeySet)).KeySet) });

    public override Task<ListKeySetsResponse> ListKeySets(ListKeySetsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > MaxPageSize)
            throw KeyServiceException.Invalid("page_size", $"page_size must be 1 to {MaxPageSize}, or 0 for {DefaultPageSize}.");
        var size = request.PageSize == 0 ? DefaultPageSize : request.PageSize;
        var after = NameOf(request.PageToken);
        var page = catalog.All
            .Select(set => set.KeySet)
            .Where(keySet => string.CompareOrdinal(keySet.Name, after) > 0 && access.MayRead(context.GetHttpContext(), keySet.Name))
            .OrderBy(keySet => keySet.Name, StringComparer.Ordinal)
            .Take(size + 1)
            .ToArray();
        return Task.FromResult(new ListKeySetsResponse
        {
            KeySets = { page.Take(size).Select(Map) },
            NextPageToken = page.Length > size ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(page[size - 1].Name)) : "",
        });
    }

    public override async Task<UpdateKeySetResponse> UpdateKeySet(UpdateKeySetRequest request, ServerCallContext context) => new()
    {
        KeySet = Map(await rotator.UpdateAsync(
            RequestRules.KeySet(request.KeySet),
            keySet => specs.Update(keySet, request.Spec, request.UpdateMask),
            RevisionOf(request.Revision),
            Stopped)),
    };

    public override async Task<DeleteKeySetResponse> DeleteKeySet(DeleteKeySetRequest request, ServerCallContext context) => new()
    {
        KeySet = Map(await rotator.DeleteAsync(RequestRules.KeySet(request.KeySet), RevisionOf(request.Revision), Stopped)),
    };

    public override async Task<RotateResponse> Rotate(RotateRequest request, ServerCallContext context)
    {
        var reason = RequestRules.Reason(request.Reason);
        if (request.Emergency && reason is null)
            throw KeyServiceException.Invalid("reason", "An emergency rotation needs a reason: its key signs before verifiers had time to learn of it.");
        var command = new RotateCommand(RequestRules.RequestId(request.RequestId), request.Emergency, reason);
        return new RotateResponse { KeySet = Map(await rotator.RotateAsync(RequestRules.KeySet(request.KeySet), command, Stopped)) };
    }

    public override async Task<RevokeKeyResponse> RevokeKey(RevokeKeyRequest request, ServerCallContext context) => new()
    {
        KeySet = Map(await rotator.RevokeAsync(
            RequestRules.KeySet(request.KeySet), RequestRules.RequiredKid(request.Kid), RequestRules.Reason(request.Reason), Stopped)),
    };

    private Proto.KeySet Map(KeySet keySet) => ProtoMapping.KeySetOf(keySet, time.GetUtcNow());

    private static long RevisionOf(ulong revision) => revision <= long.MaxValue
        ? (long)revision
        : throw KeyServiceException.Invalid("revision", "There is no such revision.");

    private static string NameOf(string pageToken)
    {
        if (pageToken.Length == 0)
            return "";
        return Base64Url.IsValid(pageToken, out var length) && length <= MaxTokenBytes
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(pageToken)) is var text && KeySetRules.IsName(text)
            ? text
            : throw KeyServiceException.Invalid("page_token", "page_token must be the next_page_token of an earlier answer.");
    }
}
