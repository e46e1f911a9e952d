namespace Grpc.Core;

/// <summary>Server's side of a response stream.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;
