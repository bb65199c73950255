// The deb that brings its own C library.
import { tellStory } from './story.ts';

tellStory('eni-agent-legacy');
