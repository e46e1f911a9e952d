using KeyService.Core;
using KeyService.Core.Audit;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;
using KeyService.Server.Signing;

namespace KeyService.Server.Audit;

/// <summary>Signs statements on the log with the active key of a key set, on the way that every signature takes.</summary>
internal sealed class CheckpointSigner(KeySetCatalog catalog, JwsSigner signer, TimeProvider time)
{
    /// <exception cref="KeyServiceException">As signing answers.</exception>
    public async Task<string> SignAsync(string keySet, CheckpointStatement statement, CancellationToken cancellationToken)
    {
        var set = catalog.GetFresh(keySet);
        if (set.Lines.IsEmpty)
            throw new KeyServiceException(KeyServiceError.KeySetNotFound, $"Key set '{keySet}', which is to sign the audit log's checkpoints, was deleted.");
        var key = SigningChoice.Make(set, set.Lines[0].Signer.Algorithm, kid: null, time.GetUtcNow()).Next();
        var input = CompactJws.SigningInput(new JwsHeader(key.Published, key.Key.Kid, CheckpointStatement.Type), statement.Write());
        var signed = await signer.SignAsync(
            keySet, new SignerInput(input, IsDigest: false), key.Key.Algorithm, key.Key.Kid, SignAttempt.Patience, cancellationToken); // pinned: the header names it
        return CompactJws.Assemble(input, signed.Signature);
    }
}
