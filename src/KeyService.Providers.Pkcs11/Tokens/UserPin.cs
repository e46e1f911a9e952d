using System.Security.Cryptography;
using KeyService.Core;
using KeyService.Providers.Pkcs11.Cryptoki;

namespace KeyService.Providers.Pkcs11.Tokens;

/// <summary>
/// Logs in with the PIN of a file. The PIN is in memory only for the length of the call. One that was refused is not sent
/// again, whatever happens, since some tokens lock themselves after three wrong ones; only other contents of the file
/// end that.
/// </summary>
internal sealed class UserPin(string path)
{
    private const int LongestPin = 1024;

    // The refused PIN is remembered as a MAC under a key of this process, to be recognized without being kept.
    private readonly byte[] _macKey = RandomNumberGenerator.GetBytes(32);
    private readonly Lock _lock = new();
    private byte[]? _refused;

    /// <summary>Logs the whole process in on the session's token; that it is logged in already is a success.</summary>
    /// <exception cref="KeyServiceException">The file cannot be read, or the PIN was refused.</exception>
    /// <exception cref="CryptokiException">Any other failure of C_Login.</exception>
    public unsafe void Login(CryptokiFunctions functions, nuint session)
    {
        lock (_lock)
        {
            Span<byte> buffer = stackalloc byte[LongestPin];
            try
            {
                var pin = buffer[..Read(buffer)];
                var mac = HMACSHA256.HashData(_macKey, pin);
                if (_refused is not null && CryptographicOperations.FixedTimeEquals(mac, _refused))
                    throw Failures.PinRefused(cause: null);

                CkReturn answer;
                fixed (byte* bytes = pin)
                    answer = functions.Login(session, Ck.UserTypeUser, bytes, (nuint)pin.Length);

                if (answer is CkReturn.Ok or CkReturn.UserAlreadyLoggedIn)
                    return;
                var failure = new CryptokiException("C_Login", answer);
                if (ReturnTriage.For(answer) != Remedy.PinRefused)
                    throw failure;
                _refused = mac;
                throw Failures.PinRefused(failure);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(buffer);
            }
        }
    }

    private int Read(Span<byte> pin)
    {
        var length = 0;
        try
        {
            using var file = File.OpenHandle(path);
            for (int read; length < pin.Length && (read = RandomAccess.Read(file, pin[length..], length)) > 0;)
                length += read;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new KeyServiceException(KeyServiceError.ProviderRejected, "PinFile cannot be read.", exception);
        }

        if (length == pin.Length)
            throw new KeyServiceException(KeyServiceError.ProviderRejected, $"PinFile holds {LongestPin} bytes or more.");
        if (length > 0 && pin[length - 1] == '\n')
            length--;
        if (length > 0 && pin[length - 1] == '\r')
            length--;
        return length > 0 ? length : throw new KeyServiceException(KeyServiceError.ProviderRejected, "PinFile is empty.");
    }
}
