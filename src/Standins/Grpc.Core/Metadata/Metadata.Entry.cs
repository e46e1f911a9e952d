using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    private static readonly SearchValues<char> KeyCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");

    /// <summary>One key and its value, text or bytes. Keys are stored in lower case, as HTTP/2 sends them.</summary>
    public sealed class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalize(key);
            if (IsBinary)
                throw new ArgumentException($"Key \"{Key}\" ends in {BinaryHeaderSuffix} and so carries bytes, not text.", nameof(key));
            _text = value;
        }

        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalize(key);
            if (!IsBinary)
                throw new ArgumentException($"Key \"{Key}\" carries bytes and so must end in {BinaryHeaderSuffix}.", nameof(key));
            _bytes = [.. valueBytes];
        }

        public string Key { get; }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        public string Value => _text ?? throw new InvalidOperationException($"The value of \"{Key}\" is binary.");

        /// <summary>A copy of the bytes; those of a text value in ASCII.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(Value) : [.. _bytes];

        public override string ToString() =>
            $"[Entry: key={Key}, {(_text is null ? $"valueBytes={Convert.ToHexString(_bytes!)}" : $"value={_text}")}]"; // one of the two is always set

        internal static bool IsValidKey(string key) => key.Length > 0 && !key.AsSpan().ContainsAnyExcept(KeyCharacters);

        private static string Normalize(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return IsValidKey(key)
                ? ToLower(key)
                : throw new ArgumentException($"Key \"{key}\" may only contain letters, digits, '.', '-' and '_'.", nameof(key));
        }

        // Most keys come from HTTP/2 in lower case already.
        private static string ToLower(string key) => key.AsSpan().ContainsAnyInRange('A', 'Z')
            ? string.Create(key.Length, key, static (target, source) => Ascii.ToLower(source, target, out _))
            : key;
    }
}
