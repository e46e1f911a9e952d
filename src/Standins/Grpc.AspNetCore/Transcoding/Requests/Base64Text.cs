namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>Protobuf's JSON allows both base64 alphabets, with padding or without; the C# parser only one.</summary>
internal static class Base64Text
{
    /// <summary>The same in the standard alphabet with padding. What is no base64 stays none.</summary>
    public static string Normalize(string text)
    {
        if (IsStandard(text))
            return text;
        var standard = text.Replace('-', '+').Replace('_', '/');
        return (standard.Length % 4) switch
        {
            2 => standard + "==",
            3 => standard + "=",
            _ => standard,
        };
    }

    public static bool IsStandard(string text) => text.Length % 4 == 0 && !text.AsSpan().ContainsAny('-', '_');
}
