namespace Grpc.AspNetCore.Server.Routing;

/// <summary>Metadata of the endpoint for unknown calls, by which it is told from the known ones.</summary>
internal sealed class UnknownCallMarker;
