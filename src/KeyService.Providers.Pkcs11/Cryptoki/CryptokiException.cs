using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace KeyService.Providers.Pkcs11.Cryptoki;

/// <summary>
/// What a PKCS#11 module answered. It travels as the inner exception of a <see cref="Core.KeyServiceException"/> and ends in
/// the log; callers never see it.
/// </summary>
[SuppressMessage("Design", "CA1032", Justification = "It always says which function answered what.")]
public sealed class CryptokiException : Exception
{
    internal CryptokiException(string function, CkReturn code)
        : base($"{function} answered {NameOf(code)}")
    {
        Function = function;
        Code = code;
    }

    /// <summary>The Cryptoki function, <c>C_Sign</c> for example.</summary>
    public string Function { get; }

    /// <summary>The return code as PKCS#11 names it, or in hex where it names none.</summary>
    public string CodeName => NameOf(Code);

    internal CkReturn Code { get; }

    internal static void ThrowUnlessOk(string function, CkReturn code)
    {
        if (code != CkReturn.Ok)
            throw new CryptokiException(function, code);
    }

    /// <summary><c>CKR_PIN_INCORRECT</c> for 0xA0; vendors' own codes and unknown ones as <c>CKR 0x80000383</c>.</summary>
    internal static string NameOf(CkReturn code)
    {
        if (Enum.GetName(code) is not { } name)
            return string.Create(CultureInfo.InvariantCulture, $"CKR 0x{(ulong)code:X8}");

        var words = new StringBuilder("CKR", name.Length + 8);
        foreach (var letter in name)
        {
            if (char.IsUpper(letter))
                words.Append('_');
            words.Append(char.ToUpperInvariant(letter));
        }

        return words.ToString();
    }
}
