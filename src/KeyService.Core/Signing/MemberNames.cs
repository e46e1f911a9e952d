using System.Buffers;
using System.Text;
using System.Text.Json;

namespace KeyService.Core.Signing;

/// <summary>
/// The member names of the JSON objects that are open, to find one that comes twice. Verifiers differ in which of two
/// equal members they believe, so a token with both would mean two things.
/// </summary>
internal ref struct MemberNames
{
    private readonly byte[] _text; // the open objects' names, unescaped, end to end
    private readonly int[] _ends; // where in it each name ends
    private readonly int[] _hashes; // random for each process, so equal ones cannot be sought
    private readonly int[] _firsts; // number of the first name of each open object
    private int _count;
    private int _depth;

    /// <param name="jsonLength">Bytes of the whole JSON text, which holds more than its names, unescaped, do.</param>
    public MemberNames(int jsonLength)
    {
        var mostNames = (jsonLength / 4) + 1; // "":0 is the shortest member
        _text = ArrayPool<byte>.Shared.Rent(jsonLength);
        _ends = ArrayPool<int>.Shared.Rent(mostNames);
        _hashes = ArrayPool<int>.Shared.Rent(mostNames);
        _firsts = ArrayPool<int>.Shared.Rent(Claims.MaxDepth);
    }

    public void OpenObject() => _firsts[_depth++] = _count;

    public void CloseObject() => _count = _firsts[--_depth];

    /// <returns>False where the object that was opened last has a member of this name already.</returns>
    public bool TryAdd(ref Utf8JsonReader json, out string duplicate)
    {
        var start = Start(_count);
        var name = _text.AsSpan(start, json.CopyString(_text.AsSpan(start)));
        var hasher = default(HashCode);
        hasher.AddBytes(name);
        var hash = hasher.ToHashCode();

        if (Contains(name, hash))
        {
            duplicate = Encoding.UTF8.GetString(name);
            return false;
        }

        _hashes[_count] = hash;
        _ends[_count++] = start + name.Length;
        duplicate = "";
        return true;
    }

    /// <summary>Gives the memory back. Not Dispose: the analyzer of disposable fields does not know ref structs.</summary>
    public readonly void Release()
    {
        ArrayPool<byte>.Shared.Return(_text);
        ArrayPool<int>.Shared.Return(_ends);
        ArrayPool<int>.Shared.Return(_hashes);
        ArrayPool<int>.Shared.Return(_firsts);
    }

    private readonly bool Contains(ReadOnlySpan<byte> name, int hash)
    {
        for (var i = _firsts[_depth - 1]; i < _count; i++)
        {
            var next = _hashes.AsSpan(i, _count - i).IndexOf(hash); // vectorized: a few milliseconds for 10,000 names
            if (next < 0)
                return false;

            i += next;
            if (name.SequenceEqual(_text.AsSpan(Start(i).._ends[i])))
                return true;
        }

        return false;
    }

    private readonly int Start(int index) => index == 0 ? 0 : _ends[index - 1];
}
