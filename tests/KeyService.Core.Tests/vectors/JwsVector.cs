using System.Text;
using KeyService.Core.Keys;
using KeyService.Core.Signing;

namespace KeyService.Core.Tests.Vectors;

/// <summary>A signed example of an RFC.</summary>
/// <param name="Kid">Given where the header holds nothing but alg and kid, as our own headers do.</param>
internal sealed record JwsVector(string Source, string Alg, string? Kid, string Header, string Payload, Jwk? Key, string Compact)
{
    public SigningAlgorithm Algorithm =>
        SigningAlgorithm.TryParse(Alg, out var algorithm) ? algorithm : throw new InvalidOperationException($"{Alg} is not ours.");

    public string SigningInput => Compact[..Compact.LastIndexOf('.')];

    public ReadOnlySpan<byte> SigningInputBytes => Encoding.ASCII.GetBytes(SigningInput);

    public ReadOnlySpan<byte> Signature => StrictBase64Url.TryDecode(Compact.AsSpan(SigningInput.Length + 1), out var bytes)
        ? bytes
        : throw new InvalidOperationException($"{Source} is not base64url.");

    public override string ToString() => Source;
}
