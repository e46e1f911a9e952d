namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Requests;

/// <summary>What is wrong with a JSON body, and where.</summary>
/// <param name="Field">Such as <c>items[2].name</c>, in the caller's spelling.</param>
internal readonly record struct JsonFault(string Field, string Description);
