namespace KeyService.Providers.Azure.Protocol;

/// <summary>Reads an answer before anything looks into it, and gives up on one that does not end.</summary>
internal static class BoundedBody
{
    /// <exception cref="Core.KeyServiceException">ProviderUnavailable: it is longer than <paramref name="limit"/>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream? content, int limit, CancellationToken cancellationToken)
    {
        if (content is null)
            return ReadOnlyMemory<byte>.Empty;
        var buffer = new byte[2048]; // most answers fit: a signature by RSA-4096 takes under 900 bytes
        var length = 0;
        while (await content.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var read)
        {
            length += read;
            if (length > limit)
                throw Failures.Malformed("it is too long");
            if (length == buffer.Length)
                Array.Resize(ref buffer, buffer.Length * 2);
        }

        return buffer.AsMemory(0, length);
    }
}
