namespace KeyService.Server.Tests.Infrastructure;

/// <summary>Of the tests that look at the chart: it is rendered once for all of them.</summary>
[CollectionDefinition(nameof(OneRendering))]
public sealed class OneRendering : ICollectionFixture<RenderedCharts>;
