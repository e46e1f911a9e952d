using Microsoft.AspNetCore.Http;

namespace KeyService.Server.Tests;

/// <summary>Lets a test wait until its calls are in the server, or out of it, instead of for some time.</summary>
internal sealed class RequestCount
{
    private int _begun;
    private int _ended;

    public int Begun => Volatile.Read(ref _begun);

    public int Ended => Volatile.Read(ref _ended);

    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _begun);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Increment(ref _ended);
        }
    }
}
