using System.Diagnostics;
using System.Runtime.InteropServices;
using KeyService.Core.Signing;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Keys;

namespace KeyService.Providers.Pkcs11.Signing;

/// <summary>
/// The unmanaged memory of one signing thread: mechanism, PSS parameters, DigestInfo and signature. It belongs to the thread
/// and not to the provider, because a call that hangs may write into it long after everybody else has gone.
/// </summary>
internal sealed unsafe class SignBuffers : IDisposable
{
    /// <summary>Bytes of the longest signature: RSA-8192.</summary>
    public const int MaxSignature = 1024;

    private const int MaxDigestInfo = 128;

    private readonly CkMechanism* _mechanism;
    private readonly CkPssParameters* _pss;
    private readonly byte* _digestInfo;
    private readonly byte* _signature;

    public SignBuffers()
    {
        var memory = (byte*)NativeMemory.AllocZeroed((nuint)(sizeof(CkMechanism) + sizeof(CkPssParameters) + MaxDigestInfo + MaxSignature));
        _mechanism = (CkMechanism*)memory;
        _pss = (CkPssParameters*)(_mechanism + 1);
        _digestInfo = (byte*)(_pss + 1);
        _signature = _digestInfo + MaxDigestInfo;
    }

    /// <summary>
    /// Signs with one C_SignInit and one C_Sign, with no query for the length: tokens answer a bound to it, and some end the
    /// operation when the buffer is short.
    /// </summary>
    /// <param name="length">Bytes that the module says it wrote.</param>
    /// <param name="function">The function that answered.</param>
    public CkReturn Sign(
        CryptokiFunctions functions, nuint session, PrivateKey key, SigningAlgorithm algorithm, ReadOnlySpan<byte> input,
        out int length, out string function)
    {
        length = 0;
        SetMechanism(algorithm);
        function = "C_SignInit";
        var answer = functions.SignInit(session, _mechanism, key.Object);
        if (answer != CkReturn.Ok)
            return answer;

        function = "C_Sign";
        nuint written = (nuint)key.SignatureLength(algorithm);
        if (algorithm.Scheme == SignatureScheme.RsaPkcs1)
        {
            var prefix = DigestInfoPrefix(algorithm);
            prefix.CopyTo(new Span<byte>(_digestInfo, MaxDigestInfo));
            input.CopyTo(new Span<byte>(_digestInfo + prefix.Length, MaxDigestInfo - prefix.Length));
            answer = functions.Sign(session, _digestInfo, (nuint)(prefix.Length + input.Length), _signature, &written);
        }
        else
        {
            fixed (byte* bytes = input)
            {
                byte nothing = 0; // an empty message: some modules refuse a null pointer
                answer = functions.Sign(session, bytes is null ? &nothing : bytes, (nuint)input.Length, _signature, &written);
            }
        }

        length = written > int.MaxValue ? int.MaxValue : (int)written;
        return answer;
    }

    public byte[] Signature(int length) => new ReadOnlySpan<byte>(_signature, length).ToArray();

    public void Dispose() => NativeMemory.Free(_mechanism);

    private void SetMechanism(SigningAlgorithm algorithm)
    {
        *_mechanism = new CkMechanism
        {
            Mechanism = algorithm.Scheme switch
            {
                SignatureScheme.RsaPkcs1 => Ck.Mechanism.RsaPkcs,
                SignatureScheme.RsaPss => Ck.Mechanism.RsaPkcsPss,
                SignatureScheme.Ecdsa => Ck.Mechanism.Ecdsa,
                SignatureScheme.EdDsa => Ck.Mechanism.EdDsa,
                _ => throw new UnreachableException(),
            },
        };
        if (algorithm.Scheme != SignatureScheme.RsaPss)
            return;

        var (hash, mgf) = algorithm.DigestLength switch
        {
            32 => (Ck.Mechanism.Sha256, Ck.Mgf.Sha256),
            48 => (Ck.Mechanism.Sha384, Ck.Mgf.Sha384),
            _ => (Ck.Mechanism.Sha512, Ck.Mgf.Sha512),
        };
        *_pss = new CkPssParameters { Hash = hash, Mgf = mgf, SaltLength = (nuint)algorithm.DigestLength };
        _mechanism->Parameter = _pss;
        _mechanism->ParameterLength = (nuint)sizeof(CkPssParameters);
    }

    /// <summary>The DER in front of the digest (RFC 8017 §9.2, note 1).</summary>
    private static ReadOnlySpan<byte> DigestInfoPrefix(SigningAlgorithm algorithm) => algorithm.DigestLength switch
    {
        32 => [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20],
        48 => [0x30, 0x41, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30],
        _ => [0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40],
    };
}
