using System.Threading.Channels;
using Npgsql;

namespace KeyService.Storage.Postgres;

/// <summary>
/// Listens on a connection of its own, from the first wait on, and connects again under backoff when it is lost. A pooler that shares
/// connections between clients passes no notifications on; then only the polling is left.
/// </summary>
internal sealed class PostgresNotifications(NpgsqlDataSource dataSource, ILogger logger, TimeProvider time) : IAsyncDisposable
{
    /// <summary>
    /// Part of the transaction that changed key set $1, so that it goes out when that one is committed, and not where the change was
    /// refused. A channel is known in the whole database: the table's number tells stores in different schemas apart.
    /// </summary>
    public const string Notify = $"""
        SELECT pg_notify('{ChannelName}', {TableNumber}) FROM keyservice_key_sets
        WHERE name = $1 AND change = (SELECT change FROM keyservice_store)
        """;

    private const string ChannelName = "keyservice_changed";
    private const string TableNumber = "'keyservice_key_sets'::regclass::oid::text";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    // Room for one: what comes while nobody reads is one wish to read.
    private readonly Channel<bool> _wishes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _starting = new();
    private Task? _listening;
    private bool _isDisposed;

    public async Task WaitForChangeAsync(CancellationToken cancellationToken)
    {
        Task listening;
        lock (_starting)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(PostgresKeySetStore));
            listening = _listening ??= Task.Run(RunAsync, CancellationToken.None);
        }

        var wish = _wishes.Reader.ReadAsync(cancellationToken).AsTask();
        if (await Task.WhenAny(wish, listening) == wish)
        {
            await wish;
            return;
        }

        await listening; // a bug flies from here
        throw new ObjectDisposedException(nameof(PostgresKeySetStore));
    }

    public async ValueTask DisposeAsync()
    {
        Task? listening;
        lock (_starting)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            listening = _listening;
        }

        await _stop.CancelAsync();
        if (listening is not null)
            await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever waits is told
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                try
                {
                    await using var connection = await dataSource.OpenConnectionAsync(_stop.Token);
                    await ListenAsync(connection);
                    pause = FirstPause;
                    while (true)
                        await connection.WaitAsync(_stop.Token);
                }
                catch (Exception failure) when (PostgresErrors.IsUnavailable(failure) && !_stop.IsCancellationRequested)
                {
                    Log.NotListening(logger, failure, pause);
                }

                await Task.Delay(pause, time, _stop.Token);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (Exception end) when (_stop.IsCancellationRequested && (end is OperationCanceledException || PostgresErrors.IsUnavailable(end)))
        {
            // Asked to stop: that is how it ends.
        }
    }

    private async Task ListenAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand($"LISTEN {ChannelName}", connection);
        await command.ExecuteNonQueryAsync(_stop.Token);
        command.CommandText = $"SELECT {TableNumber}";
        var table = (string?)await command.ExecuteScalarAsync(_stop.Token);
        connection.Notification += (_, change) =>
        {
            if (change.Payload == table)
                _wishes.Writer.TryWrite(true);
        };
        _wishes.Writer.TryWrite(true); // nobody told us of what was saved before we listened
        Log.Listening(logger);
    }
}
