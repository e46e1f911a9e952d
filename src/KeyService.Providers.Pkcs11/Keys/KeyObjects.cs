using System.Runtime.CompilerServices;
using KeyService.Providers.Pkcs11.Cryptoki;
using KeyService.Providers.Pkcs11.Tokens;

namespace KeyService.Providers.Pkcs11.Keys;

/// <summary>Searches objects and reads their attributes, one attribute at a call: a token need not know all that we ask for.</summary>
internal static class KeyObjects
{
    private const int Page = 256;

    /// <summary>The objects that match a template, which this disposes of.</summary>
    public static unsafe List<nuint> Find(TokenSession session, ObjectTemplate template)
    {
        using (template)
        {
            CryptokiException.ThrowUnlessOk(
                "C_FindObjectsInit", session.Functions.FindObjectsInit(session.Handle, template.Attributes, (nuint)template.Count));
            var found = new List<nuint>();
            try
            {
                var page = stackalloc nuint[Page];
                nuint count;
                do
                {
                    CryptokiException.ThrowUnlessOk("C_FindObjects", session.Functions.FindObjects(session.Handle, page, Page, &count));
                    for (nuint i = 0; i < count; i++)
                        found.Add(page[i]);
                }
                while (count > 0);
            }
            finally
            {
                session.Functions.FindObjectsFinal(session.Handle);
            }

            return found;
        }
    }

    /// <summary>The value of an attribute; null where the token does not know the attribute or does not give it away.</summary>
    public static unsafe byte[]? TryRead(TokenSession session, nuint key, nuint attribute)
    {
        const int UsualLength = 1056; // an RSA-8192 modulus and to spare
        var buffer = stackalloc byte[UsualLength];
        var request = new CkAttribute { Type = attribute, Value = buffer, Length = UsualLength };
        var answer = session.Functions.GetAttributeValue(session.Handle, key, &request, 1);
        if (answer is CkReturn.AttributeTypeInvalid or CkReturn.AttributeSensitive)
            return null;
        if (answer == CkReturn.BufferTooSmall)
            return ReadLong(session, key, attribute);
        CryptokiException.ThrowUnlessOk("C_GetAttributeValue", answer);
        return request.Length == Ck.Unavailable ? null : new ReadOnlySpan<byte>(buffer, checked((int)request.Length)).ToArray();
    }

    public static bool? TryReadFlag(TokenSession session, nuint key, nuint attribute) =>
        TryRead(session, key, attribute) is [var value] ? value != 0 : null;

    public static nuint? TryReadNumber(TokenSession session, nuint key, nuint attribute) =>
        TryRead(session, key, attribute) is { } bytes && bytes.Length == Unsafe.SizeOf<nuint>() ? Unsafe.ReadUnaligned<nuint>(ref bytes[0]) : null;

    private static unsafe byte[]? ReadLong(TokenSession session, nuint key, nuint attribute)
    {
        const int Longest = 64 * 1024;
        var request = new CkAttribute { Type = attribute };
        CryptokiException.ThrowUnlessOk("C_GetAttributeValue", session.Functions.GetAttributeValue(session.Handle, key, &request, 1));
        if (request.Length > Longest)
            return null;
        var value = new byte[request.Length];
        fixed (byte* bytes = value)
        {
            request.Value = bytes;
            CryptokiException.ThrowUnlessOk("C_GetAttributeValue", session.Functions.GetAttributeValue(session.Handle, key, &request, 1));
        }

        return value;
    }
}
