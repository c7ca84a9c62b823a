// Draws the charts of the page from the JSON beside it. No network, nothing kept.
(function () {
  'use strict';
  var figures = JSON.parse(document.getElementById('figures').textContent);
  var charts = [];
  var markers = ['circle', 'rect', 'triangle', 'rectRot', 'star', 'cross'];

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }
  function list(name) { return Array.isArray(figures[name]) ? figures[name] : []; }
  function names(of) { return list(of).map(function (x) { return x.name; }); }
  function known(v) { return typeof v === 'number'; }
  function digits(v) { return v >= 99.95 ? Math.round(v).toLocaleString('en') : v >= 9.995 ? v.toFixed(1) : v.toPrecision(3); }
  function energyUnit(rows) { // the same rule as in the tables
    var largest = Math.max.apply(null, rows.map(function (r) { return r.energy_uj_high || r.energy_uj || 0; }));
    return largest >= 10000 ? { name: 'mJ', scale: 1e-3 } : { name: '\u00b5J', scale: 1 };
  }

  // Chart.js draws no error bars of its own: thin lines through the point, from low to high.
  var errorBars = {
    id: 'errorBars',
    beforeDatasetsDraw: function (chart) {
      var ctx = chart.ctx, x = chart.scales.x, y = chart.scales.y;
      chart.data.datasets.forEach(function (set, i) {
        if (!chart.isDatasetVisible(i)) return;
        set.data.forEach(function (p) {
          ctx.save();
          ctx.strokeStyle = set.borderColor;
          ctx.globalAlpha = 0.6;
          ctx.lineWidth = 1.5;
          ctx.beginPath();
          if (known(p.xLow) && known(p.xHigh)) line(ctx, x.getPixelForValue(p.xLow), y.getPixelForValue(p.y), x.getPixelForValue(p.xHigh), y.getPixelForValue(p.y));
          if (known(p.spread)) line(ctx, x.getPixelForValue(p.x), y.getPixelForValue(p.y - p.spread), x.getPixelForValue(p.x), y.getPixelForValue(p.y + p.spread));
          ctx.stroke();
          ctx.restore();
        });
      });
    }
  };
  function line(ctx, x0, y0, x1, y1) {
    var cap = 3, flat = y0 === y1;
    ctx.moveTo(x0, y0); ctx.lineTo(x1, y1);
    [[x0, y0], [x1, y1]].forEach(function (p) {
      ctx.moveTo(p[0] - (flat ? 0 : cap), p[1] - (flat ? cap : 0));
      ctx.lineTo(p[0] + (flat ? 0 : cap), p[1] + (flat ? cap : 0));
    });
  }

  function axis(title) {
    return { title: { display: true, text: title, color: colour('--muted') }, ticks: { color: colour('--muted'), maxRotation: 0 },
             grid: { color: colour('--faint') }, border: { color: colour('--line') } };
  }
  function options(extra) {
    var o = { responsive: true, maintainAspectRatio: false, animation: false,
              plugins: { legend: { position: 'bottom', labels: { color: colour('--text'), boxWidth: 10, boxHeight: 10, usePointStyle: true } } } };
    Object.keys(extra).forEach(function (k) { o[k] = extra[k]; });
    return o;
  }

  function tradeoff(target, time) {
    var rows = list('table').filter(function (r) { return r.target === target && known(r.accuracy) && known(time ? r.latency_us : r.energy_uj); });
    var unit = time ? { name: 'ms', scale: 1e-3 } : energyUnit(rows);
    var key = time ? 'latency_us' : 'energy_uj';
    var sets = [];
    names('models').forEach(function (model, m) {
      names('techniques').forEach(function (technique, t) {
        var mine = rows.filter(function (r) { return r.model === model && r.technique === technique; });
        if (!mine.length) return;
        var c = colour('--c' + t % 8);
        sets.push({
          label: names('models').length > 1 ? model + ', ' + technique : technique,
          pointStyle: markers[m % markers.length], pointRadius: 6, pointHoverRadius: 8, borderColor: c, backgroundColor: c,
          data: mine.map(function (r) {
            return { x: r[key] * unit.scale, y: 100 * r.accuracy,
                     xLow: known(r[key + '_low']) ? r[key + '_low'] * unit.scale : null,
                     xHigh: known(r[key + '_high']) ? r[key + '_high'] * unit.scale : null,
                     spread: known(r.accuracy_spread) ? 100 * r.accuracy_spread : null };
          })
        });
      });
    });
    var low = Infinity, high = -Infinity, right = 0;
    sets.forEach(function (s) { s.data.forEach(function (p) {
      low = Math.min(low, p.y - (p.spread || 0)); high = Math.max(high, p.y + (p.spread || 0)); right = Math.max(right, p.xHigh || p.x); }); });
    var pad = Math.max(0.5, 0.15 * (high - low));
    var x = axis(time ? 'latency of an inference, ms' : 'energy of an inference, ' + unit.name), y = axis('accuracy, %');
    x.beginAtZero = true; x.suggestedMax = right * 1.03;
    y.min = Math.max(0, Math.floor(low - pad)); y.max = Math.min(100, Math.ceil(high + pad));
    var o = options({ scales: { x: x, y: y } });
    o.plugins.tooltip = { callbacks: { label: function (c) { return c.dataset.label + ': ' + c.parsed.y.toFixed(2) + ' %, ' + digits(c.parsed.x) + ' ' + unit.name; } } };
    return { type: 'scatter', data: { datasets: sets }, options: o, plugins: [errorBars] };
  }

  // Tableau's ten colours, which read on light and dark; techniques keep their own palette.
  var parts10 = ['#4e79a7', '#f28e2b', '#59a14f', '#e15759', '#76b7b2', '#b07aa1', '#edc948', '#9c755f', '#ff9da7', '#9aa3a9'];
  function partColour(i) { return parts10[i % 9]; } // the tenth is for the rest
  // Parts that are nowhere 2 % of a bar go together, so that the legend can be read.
  function mainParts(rows, parts, value) {
    return parts.filter(function (p) {
      return rows.some(function (r) {
        var sum = parts.reduce(function (s, q) { return s + value(r, q); }, 0);
        return value(r, p) >= 0.02 * sum;
      });
    });
  }
  function stacked(rows, all, value, title, order) {
    var parts = mainParts(rows, all, value), rest = 'other';
    var other = function (r) { return all.reduce(function (s, p) { return s + (parts.indexOf(p) < 0 ? value(r, p) : 0); }, 0); };
    if (parts.length < all.length) parts = parts.concat([rest]);
    var part = function (r, p) { return p === rest ? other(r) : value(r, p); };
    var longest = Math.max.apply(null, rows.map(function (r) { return all.reduce(function (s, p) { return s + value(r, p); }, 0); }));
    var unit = longest >= 1e7 ? { name: 'million', scale: 1e-6 } : { name: 'thousand', scale: 1e-3 };
    var o = options({ indexAxis: 'y', scales: { x: axis(unit.name + ' ' + title), y: axis('') } });
    o.scales.x.ticks.maxTicksLimit = 7;
    o.scales.x.stacked = o.scales.y.stacked = true;
    o.scales.y.title.display = false;
    o.scales.y.grid.display = false;
    o.plugins.tooltip = { callbacks: { label: function (c) { return c.dataset.label + ': ' + digits(c.parsed.x) + ' ' + unit.name; } } };
    return { type: 'bar', options: o, data: {
      labels: rows.map(function (r) { return r.technique; }),
      datasets: parts.map(function (p, i) {
        return { label: p, backgroundColor: p === rest ? parts10[9] : partColour(order ? order.indexOf(p) : i), borderColor: colour('--panel'), borderWidth: 1, maxBarThickness: 34,
                 data: rows.map(function (r) { return part(r, p) * unit.scale; }) };
      }) } };
  }
  function measured(model, target) {
    var order = names('techniques'), first = {};
    list('measurements').forEach(function (m) { if (m.model === model && m.target === target && !first[m.technique]) first[m.technique] = m; });
    return order.filter(function (t) { return first[t]; }).map(function (t) { return first[t]; });
  }
  // Layer names in the order of the network: a layer that one technique lacks goes behind the one before it.
  function layerNames(rows) {
    var all = [];
    rows.forEach(function (r) {
      var at = -1;
      (r.layers || []).forEach(function (l) {
        var here = all.indexOf(l.name);
        if (here < 0) { here = at + 1; all.splice(here, 0, l.name); }
        at = here;
      });
    });
    return all;
  }
  function layers(model, target) {
    var rows = measured(model, target);
    return stacked(rows, layerNames(rows), function (r, p) {
      return (r.layers || []).reduce(function (sum, l) { return sum + (l.name === p ? l.cycles || 0 : 0); }, 0);
    }, 'cycles an inference');
  }
  function classes(model, target) {
    var rows = measured(model, target), all = ['load', 'store', 'alu', 'mul', 'mac', 'fpu', 'fmac', 'simd', 'branch', 'div'];
    return stacked(rows, all, function (r, p) { return (r.classes || {})[p] || 0; }, 'instructions an inference', all);
  }

  function draw() {
    charts.forEach(function (c) { c.destroy(); });
    charts = [];
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    document.querySelectorAll('canvas[data-chart]').forEach(function (canvas) {
      var model = canvas.dataset.model, target = canvas.dataset.target, kind = canvas.dataset.chart;
      var config = kind === 'layers' ? layers(model, target) : kind === 'classes' ? classes(model, target) : tradeoff(target, kind === 'tradeoff-time');
      charts.push(new Chart(canvas, config));
      canvas.dataset.drawn = 'yes';
    });
  }
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
