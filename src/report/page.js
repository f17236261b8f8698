'use strict';
(() => {
  const source = document.getElementById('data');
  if (!source) return;
  const data = JSON.parse(source.textContent);
  const rank = {EXACT: 0, NEAR: 1, TEST: 3};
  const marks = ['deleted', 'thumbnail', 'in a container'];

  // All text is set as text: nothing here makes markup of data.
  const make = (tag, text, kind) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (kind) element.className = kind;
    return element;
  };
  const count = (n) => n.toLocaleString('en');
  const size = (bytes) => {
    if (bytes < 1024) return bytes + ' B';
    const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
    let value = bytes / 1024, unit = 0;
    while (value >= 1000 && unit + 1 < units.length) { value /= 1024; ++unit; }
    return value.toFixed(value < 10 ? 1 : 0) + ' ' + units[unit];
  };

  const contents = data.contents.map((c) => ({
    verdict: c[0], tier: c[1], distance: c[2], sha256: c[3], md5: c[4],
    kind: c[5], label: c[6], matchCount: c[7], matches: c[8], lists: c[9],
    rank: rank[c[0]] + (c[1] === 'review' ? 1 : 0),
    list: c[9].join(', '),
    classes: [...new Set(c[8].map((m) => m[9]).filter(Boolean))].join('; '),
    series: [...new Set(c[8].map((m) => m[10]).filter(Boolean))].join('; '),
  }));
  for (const c of contents) {
    c.text = [c.sha256, c.md5, c.classes, c.series, c.list,
              c.matches.map((m) => m[3]).join(' ')].join('\n').toLowerCase();
  }
  const rows = data.places.map((p, i) => ({
    i, content: contents[p[0]], exhibit: p[1], path: p[2], found: p[3],
    size: p[4], modified: p[5], text: p[2].toLowerCase(), open: false,
  }));

  const far = (r) => r.content.distance === null ? 999 : r.content.distance;
  const columns = [
    ['Verdict', (r) => r.content.rank * 1000 + far(r)],
    ['Distance', far, 'n'],
    ['List', (r) => r.content.list],
    ['Exhibit', (r) => r.exhibit],
    ['Path', (r) => r.path, 'path'],
    ['Class', (r) => r.content.classes],
    ['Size', (r) => r.size, 'n'],
    ['Modified', (r) => r.modified],
  ];
  let sorted = 0, upwards = true, page = 0, perPage = 50, shown = rows;

  const form = document.getElementById('filter');
  const table = document.getElementById('table');
  const body = table.tBodies[0];
  const status = document.getElementById('count');
  const pages = document.getElementById('pages');

  const cells = (r) => {
    const c = r.content;
    const row = make('tr');
    const first = make('td');
    const open = make('button', r.open ? '−' : '+', 'open');
    open.type = 'button';
    open.setAttribute('aria-expanded', r.open);
    open.setAttribute('aria-label', 'Matches of this place');
    open.addEventListener('click', () => {
      r.open = !r.open;
      draw();
      body.querySelector('[data-i="' + r.i + '"] .open').focus();
    });
    row.dataset.i = r.i;
    first.append(open, make('span', c.verdict, 'v v-' + c.verdict));
    if (c.tier === 'review') first.append(make('small', 'review'));
    row.append(first);
    row.append(make('td', c.distance === null ? '' : c.distance, 'n'));
    row.append(make('td', c.list));
    row.append(make('td', data.exhibits[r.exhibit]));
    const path = make('td', r.path, 'path');
    marks.forEach((mark, bit) => {
      if (r.found & (1 << bit)) path.append(' ', make('small', mark, 'mark'));
    });
    row.append(path);
    row.append(make('td', c.classes));
    row.append(make('td', size(r.size), 'n'));
    row.append(make('td', r.modified.replace('T', ' ').replace('Z', '')));
    return row;
  };

  const facts = (list, pairs) => {
    for (const [name, value] of pairs) {
      if (value === '' || value === null) continue;
      list.append(make('dt', name), make('dd', value));
    }
  };
  const details = (r) => {
    const c = r.content;
    const row = make('tr', undefined, 'details');
    const cell = make('td');
    cell.colSpan = columns.length;
    const own = make('dl');
    facts(own, [['Kind', c.kind], ['SHA-256', c.sha256], ['MD5', c.md5],
                ['Action', c.label]]);
    cell.append(own);
    const same = make('button', 'All places of this content');
    same.type = 'button';
    same.addEventListener('click', () => {
      form.reset();
      form.elements.text.value = c.sha256;
      filter();
    });
    cell.append(same);
    for (const m of c.matches) {
      const list = make('dl', undefined, 'match');
      facts(list, [
        ['List', m[0] + ' (' + m[1] + ')' + (m[12] ? ', in shadow' : '')],
        ['Entry', m[2] + (m[3] ? ', ' + m[3] : '')],
        ['Met by', m[4] + ', ' + m[5] +
          (m[4] === 'pdq' && m[6] !== null ? ', distance ' + m[6] + ' of 256'
                                           : '')],
        ['Views', m[7]], ['State', m[8]], ['Class', m[9]], ['Series', m[10]],
        ['On the word of', m[11]]]);
      cell.append(list);
    }
    if (c.matchCount > c.matches.length) {
      cell.append(make('p', count(c.matchCount - c.matches.length) +
                       ' more matches are in report.jsonl.', 'note'));
    }
    row.append(cell);
    return row;
  };

  const draw = (all) => {
    const last = Math.max(0, Math.ceil(shown.length / perPage) - 1);
    page = Math.min(Math.max(page, 0), last);
    const begin = all ? 0 : page * perPage;
    const end = Math.min(shown.length, all || begin + perPage);
    body.textContent = '';
    for (const r of shown.slice(begin, end)) {
      body.append(cells(r));
      if (r.open) body.append(details(r));
    }
    status.textContent = shown.length === 0 ? 'No hit fits the filter.' :
      'Hits ' + count(begin + 1) + ' to ' + count(end) + ' of ' +
      count(shown.length) + (shown.length < rows.length ?
        ', filtered from ' + count(rows.length) : '');
    pages.textContent = '';
    const go = (text, to, able) => {
      const button = make('button', text);
      button.type = 'button';
      button.disabled = !able;
      button.addEventListener('click', () => { page = to; draw(); });
      pages.append(button);
    };
    go('First', 0, page > 0);
    go('Previous', page - 1, page > 0);
    pages.append(make('span', 'Page ' + count(page + 1) + ' of ' +
                      count(last + 1)));
    go('Next', page + 1, page < last);
    go('Last', last, page < last);
    const many = make('select');
    many.setAttribute('aria-label', 'Hits a page');
    for (const n of [50, 200, 1000]) {
      const option = make('option', n + ' a page');
      option.value = n;
      option.selected = n === perPage;
      many.append(option);
    }
    many.addEventListener('change', () => {
      perPage = Number(many.value);
      page = 0;
      draw();
    });
    pages.append(many);
  };

  const heads = columns.map(([name, , kind], i) => {
    const head = make('th', undefined, kind);
    head.scope = 'col';
    const button = make('button', name);
    button.type = 'button';
    button.addEventListener('click', () => {
      upwards = sorted === i ? !upwards : true;
      sorted = i;
      order();
      draw();
    });
    head.append(button);
    table.tHead.rows[0].append(head);
    return head;
  });
  const order = () => {
    const key = columns[sorted][1];
    const keyed = shown.map((r) => [key(r), r]);
    const up = upwards ? 1 : -1;
    keyed.sort(([a, r], [b, s]) =>
      a < b ? -up : a > b ? up : r.i - s.i);
    shown = keyed.map(([, r]) => r);
    heads.forEach((head, i) => {
      if (i === sorted) {
        head.setAttribute('aria-sort', upwards ? 'ascending' : 'descending');
      } else {
        head.removeAttribute('aria-sort');
      }
    });
    page = 0;
  };

  const filter = () => {
    const value = (name) => form.elements[name].value;
    const text = value('text').trim().toLowerCase();
    const exhibit = value('exhibit'), list = value('list');
    const verdict = value('verdict'), found = Number(value('found'));
    const least = value('least'), most = value('most');
    shown = rows.filter((r) => {
      const c = r.content;
      return (exhibit === '' || r.exhibit === Number(exhibit)) &&
        (list === '' || c.lists.includes(list)) &&
        (verdict === '' || c.verdict === verdict) &&
        (found === 0 || (r.found & found) !== 0) &&
        (least === '' || (c.distance !== null && c.distance >= least)) &&
        (most === '' || (c.distance !== null && c.distance <= most)) &&
        (text === '' || r.text.includes(text) || c.text.includes(text));
    });
    order();
    draw();
  };

  const choices = (name, values) => {
    for (const [value, text] of values) {
      const option = make('option', text);
      option.value = value;
      form.elements[name].append(option);
    }
  };
  choices('exhibit', [...new Set(rows.map((r) => r.exhibit))]
    .sort((a, b) => a - b).map((e) => [e, data.exhibits[e]]));
  choices('list', [...new Set(contents.flatMap((c) => c.lists))].sort()
    .map((l) => [l, l]));
  choices('verdict', Object.keys(rank)
    .filter((v) => contents.some((c) => c.verdict === v)).map((v) => [v, v]));
  let waiting = 0;
  form.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  form.addEventListener('reset', () => setTimeout(filter, 0));
  form.addEventListener('submit', (event) => event.preventDefault());
  // On paper there are no pages to turn.
  addEventListener('beforeprint', () => draw(2000));
  addEventListener('afterprint', () => draw());
  order();
  draw();
})();
