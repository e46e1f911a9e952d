using KeyService.Core;

namespace KeyService.Server.Access;

/// <summary>Turns strangers away before their request is read. What depends on the request, <see cref="AccessInterceptor"/> decides.</summary>
internal sealed class AccessMiddleware(RequestDelegate next, AccessControl access)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint() is { } endpoint && AccessTable.Of(endpoint) is { } rule)
        {
            try
            {
                access.CheckAtTheDoor(context, rule);
            }
            catch (KeyServiceException failure)
            {
                await AccessRefusal.WriteAsync(context, failure);
                return;
            }
        }

        await next(context);
    }
}
