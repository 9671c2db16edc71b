import { render } from 'preact';

import './style/tokens.css';
import './style/base.css';
import './style/frame.css';

import { App } from './app.tsx';
import { keepLive } from './state/live.ts';

render(<App />, document.body);
keepLive();
