using System.Diagnostics.CodeAnalysis;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>The module works, but none of its slots holds the token (yet).</summary>
[SuppressMessage("Design", "CA1064", Justification = "Never crosses this project's border: it is turned into a KeyServiceException.")]
internal sealed class TokenMissingException(int tokens)
    : Exception($"None of the {tokens} tokens of the module matches TokenLabel and TokenSerial.");
