namespace KeyService.Testing.Azure;

/// <summary>A request that the server has answered, as tests look at it.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="HadToken">Whether it carried an Authorization header.</param>
public sealed record VaultRequest(string Method, string Path, bool HadToken, long BodyLength, int Status);
